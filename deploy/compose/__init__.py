"""Around docker-compose.yml: what has to be filled in (`init`), and digests for its images (`pin`).

Called by `make init` and `make pin` with any Python >= 3.11: standard library only, so that a machine which runs the
stack needs no environment of Earshot's.
"""
