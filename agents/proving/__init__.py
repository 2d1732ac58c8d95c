"""Proof that the counts are right: a whole pipeline as child processes, faults upon it, and an oracle that counts anew.

Behind `earshot demo`, `earshot chaos`, the tests and the bench. Knows the product from outside only: its commands,
its Kafka topics, its /metrics.
"""
