"""Grafana's boards drawn from a live pipeline, without Grafana: what a person would see.

Reads the dashboards' JSON that `deploy/grafana` writes, asks a real Prometheus, draws with matplotlib.
"""
