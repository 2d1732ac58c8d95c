"""What a post is about and what it wants: finds phrases in its text and decides topics and intent.

The phrases are YAML files beside the code. Called by `streams/reading/reader.py`, `earshot tag` and
`agents/worker/knowledge.py`. Knows no place and no hospital.
"""
