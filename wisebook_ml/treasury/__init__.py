"""Treasury: forecasts of cash with intervals that hold, and what a new position says about them.

Pure: no Kafka, no clock, no chance. The way of a position through it: `positions` (what the banks said; `books` tells
them where no bank does) -> `series` (every day once) -> `forecasting` (candidates compared by rolling origin) ->
`liquidity`, `verdict`, `scenarios` -> `findings`. `currency` and `company` take these steps with each position, `state`
those of a partition, and `dump` keeps it.
"""
