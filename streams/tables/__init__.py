"""Rows and their folds, pure: row + mention -> row.

Called by the agents, which hand in records with their offsets; restored from and written to changelogs by
`faustkit/`. Knows no Kafka, no Faust and no clock: time is a record's Kafka timestamp, order is a record's offset.
"""
