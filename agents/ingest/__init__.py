"""From a source's lines to records on Kafka.

`rules.py` says what X shall send, `x.py` holds one connection, `problems.py` and `outcome.py` say how it ended and what
follows, `supervisor.py` decides when the next may, `intake.py` makes a record of a line, `log/` keeps it on the disk,
`pump.py` and `publisher.py` bring it to Kafka, `service.py` runs them all. Does not know what a post says, nor whether
the X it talks to is the real one.
"""
