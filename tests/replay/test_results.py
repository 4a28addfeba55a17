"""What a replay found is there up to the last whole run, whatever became of the file's end."""

from pathlib import Path

import pytest

from wisebook_ml.replay.results import Found, Reached, ResultLog, read_results


def found(offset: int) -> Found:
    return Found(offset, "2025-01-01T00:00:00+00:00", None, b'{"detection_id":"%d"}' % offset)


def reached(offset: int) -> Reached:
    return Reached(offset, offset, 3 * offset, 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "0.results"


@pytest.fixture
def written(path: Path) -> list[Found | Reached]:
    log = ResultLog(path)
    log.append([found(1), found(2)], reached(10))
    log.append([], reached(20))
    log.append([found(25)], reached(30))
    log.close()
    return list(read_results(path))


def test_what_was_written_is_read(written: list[Found | Reached]) -> None:
    assert written == [found(1), found(2), reached(10), reached(20), found(25), reached(30)]


def test_a_torn_end_is_cut_back_to_the_run_before(path: Path, written: list[Found | Reached]) -> None:
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        log = ResultLog(path)
        log.append([], reached(99))
        log.close()
        kept = list(read_results(path))
        assert kept[-1] == reached(99)
        assert kept[:-1] == written[: len(kept) - 1]
        assert not kept[:-1] or isinstance(kept[-2], Reached)


def test_a_damaged_record_and_all_behind_it_do_not_count(path: Path, written: list[Found | Reached]) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    log = ResultLog(path)
    assert log.reached.next_offset in (-1, 10, 20)
    log.close()


def test_going_on_forgets_what_is_behind(path: Path, written: list[Found | Reached]) -> None:
    log = ResultLog(path)
    assert [offset for offset in (10, 15, 20, 30) if log.holds(offset)] == [10, 20, 30]
    log.go_on_from(10)
    assert log.reached == reached(10)
    assert not log.holds(20)
    log.append([found(11)], reached(12))
    log.close()
    assert list(read_results(path)) == [found(1), found(2), reached(10), found(11), reached(12)]
    log = ResultLog(path)
    log.go_on_from(None)
    log.close()
    assert list(read_results(path)) == []
