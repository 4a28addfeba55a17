"""What the LSTM says, in NumPy: Keras takes a second of processor for it, and half a gigabyte, TensorFlow's."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["check_weights", "forward"]

Singles = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.floating[Any]]

GATES = 4
"""Input, forget, candidate and output, side by side in Keras's weights."""

PER_LAYER, PER_DENSE = 3, 2
"""Arrays of a recurrent layer (kernel, recurrent kernel, bias) and of a dense one (kernel, bias)."""

DENSE = 2

QUANTILES = 3


def check_weights(weights: Sequence[Singles], units: Sequence[int], read: int, ahead: int) -> None:
    """Check that weights are those of a network of these sizes.

    Parameters
    ----------
    weights : sequence of float32 arrays
        As Keras's `get_weights` has them.
    units : sequence of int
        Of the recurrent layers.
    read, ahead : int
        Columns that are read of a day before, and known of one ahead.

    Raises
    ------
    ValueError
        Where they are not.
    """
    inputs = [read, *units]
    wanted = [(one, GATES * size) for one, size in zip(inputs, units, strict=False)]
    found = [weights[PER_LAYER * at].shape for at in range(len(units))] if len(weights) > PER_LAYER * len(units) else []
    if found != wanted or len(weights) != PER_LAYER * len(units) + DENSE * PER_DENSE:
        raise ValueError(f"{len(weights)} weights are not those of {len(units)} recurrent layers on {read} columns")
    if weights[-1].shape != (QUANTILES,):
        raise ValueError(f"its network says {weights[-1].shape[0]} numbers of a day, not {QUANTILES} quantiles")
    joined = weights[PER_LAYER * len(units)].shape[0]
    if joined != units[-1] + ahead:
        raise ValueError(f"its network reads {joined - units[-1]} columns of a day ahead, this version has {ahead}")


def forward(weights: Sequence[Singles], past: Numbers, known: Numbers, usual: Numbers) -> Singles:
    """Return the quantiles of the flow of each day ahead, shape (n, horizon, 3): low, median, high.

    Parameters
    ----------
    weights : sequence of float32 arrays
        Of recurrent layers, each on the one before, then of the two dense layers on the last state of the last one and
        what is known of a day.
    past : array (n, sequence, columns)
        What was read.
    known : array (n, horizon, columns)
        What is known of days ahead.
    usual : array (n, horizon)
        What is usual on them; the network says how they differ.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997.
    """
    recurrent = len(weights) - DENSE * PER_DENSE
    values = past.astype(np.float32)
    for at in range(0, recurrent, PER_LAYER):
        values = _layer(values, *weights[at : at + PER_LAYER])
    kernel, bias, last_kernel, last_bias = weights[recurrent:]
    context = values[:, -1]
    # The context is the same for all days, so its share is computed once.
    units = context.shape[1]
    hidden = (context @ kernel[:units])[:, None, :] + known.astype(np.float32) @ kernel[units:] + bias
    change = np.maximum(hidden, np.float32(0.0)) @ last_kernel + last_bias
    middle = usual.astype(np.float32) + change[:, :, 0]
    # How far a bound lies beyond the median is a softplus, so that they never cross.
    below, above = (np.logaddexp(np.float32(0.0), change[:, :, at]) for at in (1, 2))
    said: Singles = np.stack([middle - below, middle, middle + above], axis=2)
    return said


def _layer(values: Singles, kernel: Singles, recurrent: Singles, bias: Singles) -> Singles:
    """Return the states of a recurrent layer after each day, shape (n, sequence, units)."""
    count, length, _ = values.shape
    units = recurrent.shape[0]
    driven = values @ kernel + bias
    state, cell = (np.zeros((count, units), np.float32) for _ in range(2))
    states = np.empty((count, length, units), np.float32)
    for day in range(length):
        gates = driven[:, day] + state @ recurrent
        taken, kept, new, shown = np.split(gates, GATES, axis=1)
        cell = _sigmoid(kept) * cell + _sigmoid(taken) * np.tanh(new)
        state = _sigmoid(shown) * np.tanh(cell)
        states[:, day] = state
    return states


def _sigmoid(values: Singles) -> Singles:
    half = np.float32(0.5)
    found: Singles = half * np.tanh(half * values) + half  # the same, and no exponential overflows
    return found
