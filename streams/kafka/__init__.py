"""Kafka as data and as clients: the Kafka topics declared, how a client connects, whether a broker answers.

No agent and no record: who reads or writes a Kafka topic is in `agents/`, what a record says is in `records.py`.
"""
