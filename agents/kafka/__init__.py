"""What acts on Kafka from outside the pipeline: creating Kafka topics, reading one whole, measuring the group's lag.

Knows names and offsets, not what a record says.
"""
