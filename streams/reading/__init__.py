"""What a post says, and about whom: pure functions from a payload's bytes to mentions.

Called by the tagger and by the oracle. Knows no Kafka, Faust, tweepy or clock; a test enforces the imports.
"""
