#!/bin/sh
# Builds the warehouse and, where that went well, has Freshet bring the CRM up to date.
# FRESHET_URL and FRESHET_TOKEN are in the environment.
set -eu
here=$(dirname "$0")
dbt build
FRESHET_WHY="dbt build" exec python3 "$here/freshet_trigger.py" customers
