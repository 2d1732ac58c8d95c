"""A simulated X: API v2's filtered stream and search on loopback, with people who write to and about hospitals.

Part of the product: it drives the demo, chaos and the tests through the real tweepy. `people.py` and `posts.py` write
from `content.yaml`, `feed.py` puts the posts in order, `history.py` remembers them, `bad_lines.py` spoils some,
`stream_rules.py` judges them by what `seen.py` says of them, `rule_book.py` holds the rules. `scenario.py` reads what
shall go wrong (`scenarios/`), `script.py` plays it. `stream.py` is the one connection, `search.py` the search,
`compliance.py` what was taken back, `limits.py` counts requests, `answers.py` words refusals, `server.py` speaks HTTP,
`thread.py` runs it beside a test. `jetstream.py` is another server: a scripted Bluesky, for tests alone. Ingest imports
nothing of it: it does not know that this is not the real X.
"""
