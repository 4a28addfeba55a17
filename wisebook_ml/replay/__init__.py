"""Replay: a stretch of the entries scored again, with the same core, from the state that was before it.

`plan` says what is replayed, `checks` makes sure that it can be before any work is done. `partition` reads, warms the
state up and scores; `results` and snapshots of its own make that resumable. `comparison` (pure) says what differs from
what is published, `report` and `plot` show it, `promotion` makes it hold. `run` drives one `process` a processor.
"""
