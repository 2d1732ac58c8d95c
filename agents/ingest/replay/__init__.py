"""Replaying a file of posts: captures of the stream, pages of a search, old archives.

`capture.py` reads lines whatever the compression, `messages.py` says what each line is and takes the posts out of it,
`player.py` keeps the pace and adds up. Called by `agents/cli/replay.py`. A replayed post takes the road of a live one:
intake, publisher, `posts`; a copy of what came live is dropped by the tagger.
"""
