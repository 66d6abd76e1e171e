"""An asset that is up to date once Freshet has brought the CRM up to date. freshet_trigger.py lies beside it."""

import dagster as dg
from freshet_trigger import run_sync


@dg.asset
def warehouse_customers() -> None:
    """Stands for what your warehouse builds."""


@dg.asset(deps=[warehouse_customers], retry_policy=dg.RetryPolicy(max_retries=2, delay=60))
def crm_customers(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    key = "%s/%d" % (context.run_id, context.retry_number)
    report = run_sync("customers", why="the warehouse was built", key=key)
    return dg.MaterializeResult(metadata={"delivered": report.get("delivered", 0), "unchanged": report.get("unchanged", 0), "run": report["run"]})


defs = dg.Definitions(assets=[warehouse_customers, crm_customers])
