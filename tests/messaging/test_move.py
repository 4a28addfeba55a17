"""Where a record goes when a deployment moves to more partitions."""

import os
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics import DETECTIONS, ENTRIES, FEEDBACK, MODELS, PREDICTIONS, SKETCHES, TREASURY, WINDOWS
from wisebook_ml.messaging.move import destinations
from wisebook_ml.training.collect import partition_of

COMPANIES = st.integers(1, 10**9)
FACTORS = st.integers(1, 8)


@given(company=COMPANIES, count=st.integers(1, 24), factor=FACTORS)
def test_all_that_is_of_a_company_meets_where_its_entries_will_stand(company: int, count: int, factor: int) -> None:
    old, new = partition_of(company, count), partition_of(company, count * factor)
    key = str(company).encode()
    told = msgspec.json.encode({"societe_id": company})
    for topic, its_key, value in (
        (ENTRIES, key, b"{}"),
        (TREASURY, key, b"{}"),
        (FEEDBACK, key, b"{}"),
        (WINDOWS, key + b"/JOUR/2026-01-01", b"{}"),
        (WINDOWS, key + b"/JOUR/2026-01-01", None),
        (PREDICTIONS, key + b"/TIERS/411/RISQUE", b"{}"),
        (DETECTIONS, b"an id", told),
    ):
        assert destinations(topic, its_key, value, old, count, count * factor) == [new]


@given(old=st.integers(0, 5), factor=FACTORS)
def test_what_is_for_all_companies_goes_to_all_and_so_does_what_does_not_say(old: int, factor: int) -> None:
    children = list(range(old, 6 * factor, 6))
    for topic in (ENTRIES, TREASURY):
        assert destinations(topic, b"0", b"{}", old, 6, 6 * factor) == children
    assert destinations(DETECTIONS, b"an id", None, old, 6, 6 * factor) == children


@pytest.mark.parametrize("key", [None, b"", b"not a number", b"17"])
def test_what_stands_where_it_does_not_belong_stays_with_its_neighbours(key: bytes | None) -> None:
    home = partition_of(17, 6)
    (place,) = destinations(ENTRIES, key, b"?", (home + 1) % 6, 6, 12)
    assert place % 6 == (home + 1) % 6


def test_one_partition_stays_one_and_sketches_go_by_model() -> None:
    assert destinations(MODELS, b"4", b"{}", 0, 1, 1) == [0]
    where = {destinations(SKETCHES, str(model).encode(), b"{}", 2, 6, 12)[0] for model in range(200)}
    assert where == {2, 8}


@pytest.mark.parametrize("given", ["many", "0", "-6", "1001"])
def test_no_number_of_partitions_is_said_in_a_line(given: str) -> None:
    command = [sys.executable, "-m", "wisebook_ml", "topics", "list"]
    done = subprocess.run(
        command, env={**os.environ, "WISEBOOK_ML_PARTITIONS": given}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"Error: WISEBOOK_ML_PARTITIONS is {given!r}; it is a number from 1 to 1000\n"
