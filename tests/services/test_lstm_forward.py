"""The network in NumPy says what Keras says."""

import numpy as np
import pytest

from wisebook_ml.services.lstm_forward import check_weights, forward

READ, AHEAD, SEQUENCE, HORIZON, UNITS = 5, 7, 11, 9, (6, 4)


def test_it_says_what_keras_says() -> None:
    keras = pytest.importorskip("keras")
    layers = keras.layers
    past, known, usual = keras.Input((SEQUENCE, READ)), keras.Input((HORIZON, AHEAD)), keras.Input((HORIZON, 1))
    context = layers.LSTM(UNITS[1])(layers.LSTM(UNITS[0], return_sequences=True)(past))
    joined = layers.Concatenate()([layers.RepeatVector(HORIZON)(context), known])
    change = layers.Dense(3)(layers.Dense(8, activation="relu")(joined))
    network = keras.Model([past, known, usual], layers.Concatenate()([usual, change]))
    rng = np.random.default_rng(4)
    weights = [rng.normal(0, 0.7, one.shape).astype(np.float32) for one in network.get_weights()]
    network.set_weights(weights)
    check_weights(weights, UNITS, READ, AHEAD)
    given = [rng.normal(0, 2, (3, *shape)) for shape in ((SEQUENCE, READ), (HORIZON, AHEAD), (HORIZON, 1))]
    usual, middle, below, above = np.moveaxis(np.asarray(network(given, training=False)), 2, 0)
    middle = usual + middle
    expected = np.stack([middle - np.log1p(np.exp(below)), middle, middle + np.log1p(np.exp(above))], axis=2)
    np.testing.assert_allclose(forward(weights, given[0], given[1], given[2][:, :, 0]), expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("change", ["fewer", "read", "ahead", "quantiles"])
def test_weights_of_another_network_are_refused(change: str) -> None:
    shapes = [(READ, 24), (6, 24), (24,), (6, 16), (4, 16), (16,), (4 + AHEAD, 8), (8,), (8, 3), (3,)]
    weights = [np.zeros(shape, np.float32) for shape in shapes]
    check_weights(weights, UNITS, READ, AHEAD)
    if change == "fewer":
        weights.pop()
    if change == "quantiles":
        weights[-2:] = np.zeros((8, 1), np.float32), np.zeros(1, np.float32)
    with pytest.raises(ValueError, match=r"columns|weights|quantiles"):
        check_weights(weights, UNITS, READ + (change == "read"), AHEAD + (change == "ahead"))
