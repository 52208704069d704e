"""Reconciles a column of names with a client of the protocol, as somebody with a table would."""

import sys

import pandas as pd
import reconciler

url = sys.argv[1] + "/reconcile"
names = ["Department of Health and Human Services", "HHS", "Maura Healey", "Severe Maternal Morbidity Report", "nobody at all xyz"]
found = reconciler.reconcile(pd.Series(names), reconciliation_endpoint=url)
best = dict(zip(found["input_value"], found["id"]))
assert best["Department of Health and Human Services"] == best["HHS"] == "agency/hhs", best
assert best["Maura Healey"] == "person/healey", best
assert best["Severe Maternal Morbidity Report"].startswith("report/"), best
certain = dict(zip(found["input_value"], found["match"]))
assert certain["Department of Health and Human Services"], certain

typed = reconciler.reconcile(pd.Series(["maternal health"]), type_id="Topic", reconciliation_endpoint=url)
assert list(typed["id"]) == ["topic/maternal-health"] and list(typed["type"]) == ["Topic"], typed
every = reconciler.reconcile(pd.Series(["maternal health"]), top_res="all", reconciliation_endpoint=url)
assert len(every) > 2, every
plans = pd.Series(["Equity Action Plan"])
mapped = reconciler.reconcile(
    plans, type_id="Plan", property_mapping={"publishedBy": pd.Series(["agency/hhs"])}, reconciliation_endpoint=url
)
assert list(mapped["id"])[0].startswith("plan/hhs-eap"), mapped
print("4 passed, 0 failed")
