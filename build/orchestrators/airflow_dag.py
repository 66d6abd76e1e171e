"""A DAG that builds the warehouse with dbt and then has Freshet bring the CRM up to date. freshet_trigger.py lies beside it.

FRESHET_URL and FRESHET_TOKEN are in the worker's environment, the token from Airflow's secrets backend.
"""

import pendulum
from airflow.sdk import dag, task
from freshet_trigger import run_sync


@dag(schedule="0 6 * * *", start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Berlin"), catchup=False)
def customers_to_crm():
    @task.bash
    def build():
        return "dbt build --project-dir /srv/warehouse"

    @task(retries=2)
    def sync(ti=None):
        key = "%s/%s/%d" % (ti.run_id, ti.task_id, ti.try_number)  # another try may begin another run, the same one may not
        return run_sync("customers", why="dbt has built the warehouse", key=key)

    build() >> sync()


customers_to_crm()
