"""How Earshot is run: the local Kafka here; compose, Prometheus and Grafana beside it."""
