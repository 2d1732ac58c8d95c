"""A simulated X and a simulated Bluesky on loopback, with people who write to and about hospitals.

Part of the product: they drive the demo, chaos and the tests, X through the real tweepy. Ingest imports nothing from
here: it does not know that these are not the real ones.

`source.py` says what it takes to start a simulated source as a process; `x.py` and `bluesky.py` say it of theirs, and
`sources.py` lists them.

Who writes: `people.py` and `posts.py`, from `content.yaml`; `replies.py` plans hospitals' answers and edits, `past.py`
writes the weeks before; `feed.py` puts the posts in order, `history.py` keeps them for search, `bad_lines.py` damages
some. X: `options.py` says what one can be told, `server.py` answers HTTP,
`stream.py` holds the one connection, `search.py` searches, `compliance.py` tells what was taken back, `rule_book.py`
keeps the rules, `stream_rules.py` matches them by what `post_view.py` shows of a post, `limits.py` counts requests,
`answers.py` words refusals. `scenario.py` reads faults from `scenarios/`, `script.py` plays them. Bluesky:
`bluesky.py` writes events, `jetstream.py` sends them. `address.py` binds a port, `thread.py` runs a server beside a
test.
"""
