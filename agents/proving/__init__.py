"""Proves that the counts are right: runs a whole pipeline as child processes, hurts it, and counts the posts again.

Behind `earshot demo`, `earshot chaos`, `earshot soak`, the tests and the bench. Knows the product from outside only:
its commands, its Kafka topics, its /metrics.
"""
