from wisebook_ml.generator import generate_ledger


def test_a_small_ledger_is_made_twice_the_same() -> None:
    first, second = (generate_ledger(entries=500, seed=3) for _ in range(2))
    assert first.publications == second.publications
    assert first.labels == second.labels
