"""The network of the LSTM: its parameters, its shape, and how it is trained.

Keras is known here only, and imported when a network is built.
"""

import os
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from msgspec import Meta

from wisebook_ml.services.base import GLOBAL_RANDOM, Progress
from wisebook_ml.services.parameters import InvalidParameters, Parameters
from wisebook_ml.services.series import calendar

__all__ = ["AHEAD", "CALENDAR", "HIGH", "LOW", "MIDDLE", "LSTMParameters", "Windows", "build_network", "train_network"]

Floats = npt.NDArray[np.float64]

CALENDAR = calendar(pd.date_range("2024-01-01", periods=1), "").shape[1]
AHEAD = CALENDAR + 3
"""What is known of a day: its calendar; of one ahead, besides, what was usual on this weekday and on this day of the
month, and how far ahead it is."""

LOW, MIDDLE, HIGH = QUANTILES = range(3)
"""Places of the network's quantiles."""

MEDIAN_COUNTS = 4.0
"""How many times the error of the median counts as that of a bound: it is what is forecast."""

DECODER = 32
"""Units of the layer that brings together what was and what the calendar holds."""


class LSTMParameters(Parameters, frozen=True, kw_only=True):
    """Parameters of `LSTMService`.

    `sequence_length` days are read to forecast `horizon`; `patience` epochs without a gain end the training early;
    `jours_feries` is the country whose public holidays count, empty for none.
    """

    sequence_length: Annotated[int, Meta(ge=14, le=730)] = 90
    hidden_layers: Annotated[tuple[Annotated[int, Meta(ge=1, le=512)], ...], Meta(min_length=1, max_length=5)] = (
        128,
        64,
        32,
    )
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.2
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 0.001
    epochs: Annotated[int, Meta(ge=1, le=1000)] = 40
    batch_size: Annotated[int, Meta(ge=1, le=4096)] = 64
    patience: Annotated[int, Meta(ge=1, le=1000)] = 5
    horizon: Annotated[int, Meta(ge=1, le=365)] = 90
    interval_width: Annotated[float, Meta(gt=0, lt=1)] = 0.8
    jours_feries: str = "FR"


@dataclass(slots=True)
class Windows:
    """Forecasts to learn from: what was read, what was known of the days ahead, their flows and whether they count."""

    past: Floats
    ahead: Floats
    usual: Floats
    target: Floats
    counts: Floats


def _keras(seed: int) -> Any:
    """Return Keras, seeded, deterministic and without its messages about this machine."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Its kernels are chosen by processor, and sum in another order on each.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.config.experimental.enable_op_determinism()
    import keras

    if keras.backend.backend() != "tensorflow":
        raise InvalidParameters(f"Keras runs on {keras.backend.backend()} here; set KERAS_BACKEND=tensorflow")
    with GLOBAL_RANDOM:
        keras.utils.set_random_seed(seed % 2**32)
    return keras


def build_network(given: LSTMParameters, seed: int) -> Any:
    """Return the network.

    Past (n, sequence, features), ahead (n, horizon, features), usual (n, horizon, 1) -> quantiles (n, horizon, 3).
    """
    keras = _keras(seed)
    layers, ops = keras.layers, keras.ops
    past = keras.Input((given.sequence_length, CALENDAR + 1))
    known = keras.Input((given.horizon, AHEAD))
    usual = keras.Input((given.horizon, 1))
    context = past
    for place, units in enumerate(given.hidden_layers):
        context = layers.LSTM(units, return_sequences=place + 1 < len(given.hidden_layers))(context)
        context = layers.Dropout(given.dropout)(context)
    joined = layers.Concatenate()([layers.RepeatVector(given.horizon)(context), known])
    joined = layers.Dense(DECODER, activation="relu")(joined)
    joined = layers.Dropout(given.dropout)(joined)
    # Zeros at first: the training starts from the usual flow of the weekday.
    change = layers.Dense(len(QUANTILES), kernel_initializer="zeros")(joined)

    def ordered(given: Any) -> Any:
        """Return the quantiles: the median, and how far each bound lies beyond it."""
        usual, change = given
        middle = usual + change[:, :, :1]
        return ops.concatenate(
            [middle - ops.softplus(change[:, :, 1:2]), middle, middle + ops.softplus(change[:, :, 2:])], axis=2
        )

    network = keras.Model([past, known, usual], layers.Lambda(ordered)([usual, change]))
    outside = (1 - given.interval_width) / 2
    levels = np.array([outside, 0.5, 1 - outside], dtype=np.float32)
    weights = np.array([1.0, MEDIAN_COUNTS, 1.0], dtype=np.float32)

    def pinball(came: Any, said: Any) -> Any:
        """Return the pinball error of each day; that of a median alone is half the absolute error."""
        over = came - said
        return ops.mean(weights * ops.maximum(levels * over, (levels - 1) * over), axis=2)

    network.compile(optimizer=keras.optimizers.Adam(given.learning_rate, clipnorm=1.0), loss=pinball)
    return network


def train_network(network: Any, train: Windows, check: Windows, given: LSTMParameters, progress: Progress) -> None:
    """Fit the network, until the validated days are forecast no better."""
    import keras

    class Tell(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            progress((epoch + 1) / given.epochs)

    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=given.patience, restore_best_weights=True)
    network.fit(
        [train.past, train.ahead, train.usual],
        train.target,
        sample_weight=train.counts,
        validation_data=([check.past, check.ahead, check.usual], check.target, check.counts),
        epochs=given.epochs,
        batch_size=given.batch_size,
        callbacks=[stop, Tell()],
        verbose=0,
    )
    progress(1.0)
