"""How forecasts of cash come about: candidates, the choice among them, and intervals that hold.

`flows` is what `models` (the candidates, one file each) read; `backtest` has each say what it would have said on past
days, `selection` chooses by that, `conformal`, `scale` and `balance` say how wide intervals have to be. `training` does
all of it and returns a `model`, whose `assembly` of calendar days is the `forecast`. `learning` says when, in a stream;
`promoted` makes versions that a campaign promoted candidates like the others.
"""
