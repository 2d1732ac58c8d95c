"""A loop by hand on librdkafka, in an environment of its own: its lock file and its module."""
