"""The dashboards as code, and what Grafana is provisioned with.

`build` writes `dashboards/*.json` from `hospital`, `operations` and `ingest`; the JSON is committed and is what Grafana
loads.
`saved` reads it back for the tests and for `preview`. Needs the extra `dev`; nothing here runs with the pipeline.
"""
