"""Posts that X took back: asked for once a day by batch jobs, or heard at once on the enterprise compliance streams.

`source.py` is the source that ingest runs, by either of two methods. `daily_check.py` runs one check a day: `check.py`
is a check, `jobs.py` speaks to X's batch endpoints, `stored_posts.py` says which posts are here. `live_streams.py`
hears the streams: `post_index.py` knows which of X's events are about posts that are here. `events.py` says what one
line is.
"""
