"""Lines as keys: the same for a line alone and among many, where texts are hashed in another way."""

import numpy as np

from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.lines import line_frame
from wisebook_ml.generator import generate_ledger
from wisebook_ml.services.line_keys import FEW, TOKENS, VIEWS, line_keys


def test_a_line_has_the_same_keys_alone_and_among_others() -> None:
    frame = line_frame(Collected(entries=generate_ledger(entries=300, seed=7).events))
    assert len(frame) > FEW
    together = line_keys(frame)
    for row in range(0, len(frame), 20):
        alone = line_keys(frame.iloc[[row]])
        assert {name: alone.views[name][0] for name in VIEWS} == {name: together.views[name][row] for name in VIEWS}
        taken = together.take(np.array([row]))
        for name in TOKENS:
            for found, expected in zip(alone.tokens[name], taken.tokens[name], strict=True):
                assert found.tolist() == expected.tolist()


def test_no_line_has_no_keys() -> None:
    frame = line_frame(Collected(entries=generate_ledger(entries=50, seed=7).events))
    assert len(line_keys(frame.head(0))) == 0
