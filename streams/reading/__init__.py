"""What a post says, and about whom: pure functions from a payload's bytes to mentions.

Called by `agents/worker/tagger.py` and by the oracle, `agents/proving/oracle.py`. Knows no Kafka, Faust, tweepy or
clock; a test checks the imports.
"""
