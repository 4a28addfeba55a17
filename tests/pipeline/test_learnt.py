"""What was learnt is found again after a restart, and only that."""

import datetime as dt
import logging
import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas import TypeModele
from wisebook_ml.pipeline import learnt
from wisebook_ml.pipeline.learners import Learners
from wisebook_ml.pipeline.learnt import LearntModels
from wisebook_ml.settings import SettingsError
from wisebook_ml.treasury.forecasting.learning import Lesson, learn
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.promoted import Promoted
from wisebook_ml.treasury.series import DailySeries, series_from_rows

KEY = "a key"
DAYS = 90


def series(days: int = DAYS, societe_id: int = 1) -> DailySeries:
    dates = [dt.date(2025, 1, 1) + dt.timedelta(days=at) for at in range(days)]
    came = [100.0 + 7 * (at % 5) if day.weekday() < 5 else 0.0 for at, day in enumerate(dates)]
    return series_from_rows(dates, came, [one * 0.9 for one in came], societe_id=societe_id)


LESSON = Lesson(series())


@pytest.fixture(scope="module")
def model() -> TreasuryModel:
    found = learn(LESSON)
    assert found is not None
    return found


@pytest.fixture
def store(tmp_path: Path) -> LearntModels:
    return LearntModels(str(tmp_path), KEY)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def _told(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.WARNING)
    yield


def test_it_says_what_the_learnt_one_says(store: LearntModels, model: TreasuryModel) -> None:
    assert store.read(LESSON) is None
    store.write(LESSON, model)
    found = store.read(LESSON)
    assert found is not None
    for days in (DAYS, DAYS + 3):
        for quantity in ("entrees", "sorties", "flux", "solde"):
            for coverage in (0.8, 0.95):
                assert found.forecast(series(days)).by_date(quantity, coverage) == model.forecast(series(days)).by_date(
                    quantity, coverage
                )


@pytest.mark.parametrize(
    "other",
    [
        Lesson(series(DAYS - 1)),
        Lesson(series(societe_id=2)),
        Lesson(replace(series(), sorties=series().sorties + 1)),
        Lesson(replace(series(), devise="USD")),
        Lesson(series(), promoted=(Promoted(TypeModele.PROPHET, 5, 1, {}, 1),)),
    ],
)
def test_another_lesson_has_another_model(store: LearntModels, model: TreasuryModel, other: Lesson) -> None:
    store.write(LESSON, model)
    assert store.read(other) is None


def test_parameters_of_a_promoted_version_count_whatever_their_order(store: LearntModels, model: TreasuryModel) -> None:
    def lesson(parametres: dict[str, object]) -> Lesson:
        return Lesson(series(), promoted=(Promoted(TypeModele.LSTM, 5, 1, parametres, 1),))

    store.write(lesson({"dropout": 0.1, "hidden_layers": (4, 2)}), model)
    assert store.read(lesson({"hidden_layers": [4, 2], "dropout": 0.1})) is not None
    assert store.read(lesson({"hidden_layers": [4, 2], "dropout": 0.2})) is None


class Trap:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("trapped",)


def test_what_was_altered_is_not_opened(
    store: LearntModels,
    model: TreasuryModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    store.write(LESSON, model)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: learnt.SIGNATURE_BYTES] + pickle.dumps(Trap()))
    assert store.read(LESSON) is None
    assert not Path("trapped").exists()
    assert "was altered, or is not signed with this deployment's key" in caplog.text
    for damaged in (b"", whole[:-1], whole[:10], bytes(32) + whole[32:]):
        path.write_bytes(damaged)
        assert store.read(LESSON) is None
    store.write(LESSON, model)
    assert store.read(LESSON) is not None, "learnt again, it is there again"


def test_what_another_key_has_signed_is_not_opened(store: LearntModels, model: TreasuryModel, tmp_path: Path) -> None:
    LearntModels(str(tmp_path), "another").write(LESSON, model)
    assert store.read(LESSON) is None
    LearntModels(str(tmp_path)).write(LESSON, model)
    assert store.read(LESSON) is None
    assert LearntModels(str(tmp_path)).read(LESSON) is not None


def test_one_that_was_moved_is_another_lessons(store: LearntModels, model: TreasuryModel, tmp_path: Path) -> None:
    other = Lesson(series(DAYS - 1))
    store.write(LESSON, model)
    (first,) = files(tmp_path)
    store.write(other, model)
    second = next(path for path in files(tmp_path) if path != first)
    second.write_bytes(first.read_bytes())
    assert store.read(other) is None


def test_one_of_another_version_is_not_found(
    store: LearntModels, model: TreasuryModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(LESSON, model)
    monkeypatch.setattr(learnt, "TREASURY_FOLD", "treasury of tomorrow")
    assert store.read(LESSON) is None


def test_the_last_two_of_a_company_and_currency_are_kept(
    store: LearntModels, model: TreasuryModel, tmp_path: Path
) -> None:
    lessons = [Lesson(series(days)) for days in (70, 71, 72, 73)]
    other = Lesson(series(societe_id=2))
    store.write(other, model)
    for lesson in lessons:
        store.write(lesson, model)
    assert [store.read(lesson) is not None for lesson in lessons] == [False, False, True, True]
    store.write(lessons[0], model)  # the topic is read from its start again
    store.write(lessons[1], model)
    assert [store.read(lesson) is not None for lesson in lessons] == [False, True, False, True]
    assert store.read(other) is not None
    assert len(files(tmp_path)) == learnt.KEPT + 1


def test_what_was_never_finished_goes(store: LearntModels, model: TreasuryModel, tmp_path: Path) -> None:
    left = tmp_path / "1" / "EUR" / f"x{learnt.SUFFIX}-1{learnt.WRITING}"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    store.write(LESSON, model)
    assert not left.exists()
    assert len(files(tmp_path)) == 1


def test_a_place_that_cannot_be_written_costs_a_log_line(
    model: TreasuryModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    store = LearntModels(str(tmp_path / "file"), KEY)
    store.write(LESSON, model)
    assert "is not kept" in caplog.text
    assert store.read(LESSON) is None


def test_an_unknown_kind_of_place_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match="WISEBOOK_ML_STATE"):
        LearntModels("nowhere://models")


def test_learners_learn_once(tmp_path: Path) -> None:
    first = Learners(LearntModels(str(tmp_path), KEY))
    try:
        there = first.start(LESSON)()
    finally:
        first.close()
    second = Learners(LearntModels(str(tmp_path), KEY))
    second.close()  # it could not learn any more
    again = second.start(LESSON)()
    assert there is not None
    assert again is not None
    assert pickle.dumps(again) == pickle.dumps(there)
