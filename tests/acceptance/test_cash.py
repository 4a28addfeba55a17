"""A ledger file in; derived positions and a forecast out, with a real broker and a crash that changes nothing."""

from pathlib import Path

import msgspec

from schemas import Echeancier, PositionTresorerie, Prediction, SourcePosition
from topics import DEAD_LETTER, ENTRIES, PREDICTIONS, TREASURY
from wisebook_ml.fec import read_fec
from wisebook_ml.generator import generate_ledger, write_ledger
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.pipeline.cash import CashPipeline
from wisebook_ml.training.collect import partition_of
from wisebook_ml.treasury.books.from_entries import positions_from_entries
from wisebook_ml.treasury.books.state import BooksState

from .deployment import Deployment

SOCIETE = 7


def replayed(deployment: Deployment) -> list[tuple[bytes | None, bytes | None]]:
    """Return what must follow, from the partition read by a fresh reader in one piece."""
    topic, partition = deployment.name(ENTRIES), partition_of(SOCIETE, ENTRIES.partitions)
    first, end = end_offsets(deployment.bootstrap, topic)[partition]
    raws = [raw for run in read_partition(deployment.bootstrap, topic, partition, first, end) for raw in run]
    return [(one.key, one.value) for one in CashPipeline(topic, partition, BooksState()).process(raws)]


def test_a_forecast_of_a_ledger_file_though_the_worker_is_killed(deployment: Deployment, tmp_path: Path) -> None:
    write_ledger(generate_ledger(entries=1200, seed=11, societe_id=SOCIETE), tmp_path)
    (path, *_) = sorted(tmp_path.glob("*FEC*.txt"))
    small = {"WISEBOOK_ML_SNAPSHOT_RECORDS": "200", "WISEBOOK_ML_BATCH_SIZE": "50"}
    done = deployment.run("publish", "fec", str(path), "--societe", str(SOCIETE))
    assert done.returncode == 0, done.stderr
    first = deployment.start("cash", **small)
    deployment.until(lambda: deployment.read(TREASURY) != [], "derived positions", first)
    first.kill()
    second, treasury = deployment.start("cash", **small), deployment.start("treasury")
    deployment.wait("cash", ENTRIES, second)

    first_of = {}
    for one in deployment.read(TREASURY):  # what was published again has the same value
        assert first_of.setdefault(one.header("ce_id"), one).value == one.value
    told = list(first_of.values())
    assert [(one.key, one.value) for one in told] == replayed(deployment)
    assert {one.partition for one in told} == {partition_of(SOCIETE, TREASURY.partitions)}

    kinds = {one.ce_type: one for one in (PositionTresorerie, Echeancier)}
    records = [msgspec.json.decode(one.value or b"", type=kinds[one.header("ce_type")]) for one in told]
    assert any(isinstance(one, Echeancier) and one.paiements for one in records)
    latest = {(one.compte_num, one.date): one for one in records if isinstance(one, PositionTresorerie)}
    assert {one.source for one in latest.values()} == {SourcePosition.COMPTABILITE}
    entries = list(read_fec(path, societe_id=SOCIETE))
    for one in positions_from_entries(entries, max(day for _, day in latest)):
        known = latest[one.compte_num, one.date]
        assert (known.solde, known.entrees, known.sorties) == (one.solde, one.entrees, one.sorties)

    subject = f"{SOCIETE}/TRESORERIE/EUR/SOLDE".encode()
    deployment.until(lambda: subject in {one.key for one in deployment.read(PREDICTIONS)}, "a forecast", treasury)
    newest = {one.key: one for one in deployment.read(PREDICTIONS)}
    balance = msgspec.json.decode(newest[subject].value or b"", type=Prediction)
    assert len(balance.valeurs) == 90
    assert deployment.read(DEAD_LETTER) == []
