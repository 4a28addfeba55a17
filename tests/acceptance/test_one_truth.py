"""What workers publish is what the offline command prints, byte for byte."""

from pathlib import Path

from schemas import TypeObjet
from topics import DETECTIONS, ENTRIES
from wisebook_ml.fec import write_fec
from wisebook_ml.generator import final_state, generate_ledger
from wisebook_ml.training.collect import partition_of

from .deployment import Deployment, values_of, with_gaps

SOCIETE = 7


def write_ledger_as_fec(folder: Path) -> Path:
    ledger = generate_ledger(entries=1500, seed=11)
    path = folder / f"{ledger.company.siren}FEC20241231.txt"
    entries = final_state(ledger.events, cloture=True)
    entries.sort(key=lambda entry: (entry.ecriture_date, entry.journal_code, entry.ecriture_id))
    write_fec(with_gaps(entries), path)
    return path


def test_a_fec_scored_in_the_stream_gives_the_bytes_of_the_score_command(
    deployment: Deployment, tmp_path: Path
) -> None:
    file = str(write_ledger_as_fec(tmp_path))
    worker = deployment.start("scoring")
    published = deployment.run("publish", "fec", file, "--societe", str(SOCIETE))
    assert published.returncode == 0, published.stderr.decode()
    offline = deployment.execute("score", file, "--societe", str(SOCIETE), "--json")
    assert offline.returncode == 0, offline.stderr.decode()
    expected = offline.stdout.splitlines()
    assert len(expected) > 20

    deployment.wait("scoring", ENTRIES, worker)
    assert worker.stop() == 0

    seen = deployment.detections()
    assert values_of(seen) == expected
    assert deployment.dead_letters() == []

    consumer = deployment.execute(
        *("kafka", "tool", "console-consumer", "--bootstrap-server", deployment.bootstrap),
        *("--topic", deployment.name(DETECTIONS), "--from-beginning"),
        *("--max-messages", str(len(expected)), "--timeout-ms", "30000"),
    )
    assert consumer.returncode == 0, consumer.stderr.decode()
    assert consumer.stdout.splitlines() == expected

    home = partition_of(SOCIETE, ENTRIES.partitions)
    source = {(one.partition, one.offset): one for one in deployment.read(ENTRIES)}
    before = -1
    for one in seen:
        found = one.detection
        assert one.key == str(found.detection_id).encode()
        assert one.partition == home
        assert one.header("ce_specversion") == "1.0"
        assert one.header("ce_type") == "fr.wisebook.ml.detection.v1"
        assert one.header("ce_source") == "wisebook-ml/scoring"
        assert one.header("content-type") == "application/json"
        assert one.header("ce_time")
        assert one.header("wb_topic") == deployment.name(ENTRIES)
        entry = source[int(one.header("wb_partition")), int(one.header("wb_offset"))]
        if found.objet.type is TypeObjet.ECRITURE:  # what is about a subject follows from a later entry, or from a tick
            assert f'"ecriture_id":"{found.ecriture_id}"'.encode() in (entry.value or b"")
        assert int(one.header("wb_offset")) >= before  # in the order of the entries
        before = int(one.header("wb_offset"))
    assert len({one.header("ce_id") for one in seen}) == len(seen)
