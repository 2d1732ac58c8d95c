"""Makes Faust exact and fast: the app, the batch transport, the writer and the changelogs.

The only room that touches private parts of faust, mode or aiokafka; `tests/contract` names each of them. Knows
records and offsets, not what they mean.
"""
