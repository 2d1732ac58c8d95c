"""Replaying a file of posts: captures of the stream, pages of a search, old archives.

`capture.py` reads lines whatever the compression, `player.py` keeps the pace and adds up; what each line is says
`agents/ingest/x/lines.py`. Called by `agents/cli/replay.py`. A replayed post goes the way of a live one: intake,
publisher, `posts`; the tagger drops a copy of what came live.
"""
