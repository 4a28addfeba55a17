"""Hashes of texts do not depend on where the texts lie."""

import numpy as np
import pytest

from wisebook_ml.ledger.hashing import hash_bytes, hash_text


@pytest.mark.parametrize("size", [1, 3, 7, 8, 9, 16, 23])
def test_at_the_end_of_a_buffer_and_in_its_middle(size: int) -> None:
    text = "Facture n°12, août 2024"[:size]
    data = text.encode()
    around = np.frombuffer(b"xyz" + data + b"what comes behind", np.uint8)
    assert hash_bytes(around, 3, 3 + len(data)) == hash_text(text)
