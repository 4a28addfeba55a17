"""Treasury: forecasts of cash with intervals that hold, and what a new position says about them.

Pure: no Kafka, no clock, no chance. The way of a position through it: `positions` (what the banks said) -> `series`
(every day once) -> `training` (candidates compared by rolling origin) -> `forecast` -> `liquidity`, `verdict`,
`scenarios`.
"""
