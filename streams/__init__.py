"""What flows and what is kept: records, Kafka topics, tables, the Faust app, and the pure knowledge that reads a post.

Never imports ``agents``.
"""
