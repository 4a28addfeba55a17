"""Models that are asked about entries in doubt: the same bytes however the stream is cut, shares that sum, refusals."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas import (
    Activation,
    CodeMotif,
    Ecriture,
    Parametres,
    ReglageControle,
    RoleModele,
    TypeModele,
    VersionModele,
)
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import EntryFeatures
from wisebook_ml.datasets.lines import line_frame
from wisebook_ml.entry_columns import ENTRY_COLUMNS
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.opinion import Answers, Asked, Opinion, Told
from wisebook_ml.pipeline.opinions import boosted_trees, linear_classes, model_loader, opinion_of
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.scoring.events import Event, Outcome
from wisebook_ml.scoring.in_force import ModelMissing
from wisebook_ml.scoring.opinions import KINDS
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import service_class

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=5)
ASKED = tuple(kind.type_modele for kind in KINDS)
CODES = {kind.type_modele: kind.code for kind in KINDS}
Services = Mapping[TypeModele, BaseMLService]
Load = Callable[[VersionModele], IsolationForest | Opinion]
DEFAULTS = Parametres(societe_id=0, version=3)


def version(type_modele: TypeModele, number: int = 1, societe_id: int = 1) -> VersionModele:
    return VersionModele(
        modele_id=10 + list(TypeModele).index(type_modele),
        version=number,
        societe_id=societe_id,
        type_modele=type_modele,
        artefact=f"{societe_id}/{type_modele.value}/{number}/model.pkl",
        sha256="0" * 64,
    )


def marker(type_modele: TypeModele, number: int = 1, societe_id: int = 1, owner: int | None = None) -> Activation:
    of = version(type_modele, number, societe_id if owner is None else owner)
    return Activation(societe_id=societe_id, version=of)


@pytest.fixture(scope="module")
def rows(ledger: list[Ecriture]) -> pd.DataFrame:
    """Return the rows of the ledger, with what an accountant who looks at the evidence would say."""
    frame = EntryFeatures().take(ledger)
    frame["corrigee"] = (frame["evidence"] > 0.25).astype(float)
    frame["classe"] = np.where(frame["evidence"] > 0.6, "ERREUR_SAISIE", "CORRECTE")
    frame.loc[(frame["evidence"] > 0.25) & (frame["evidence"] <= 0.6), "classe"] = "A_REVOIR"
    frame["avis"] = True
    return frame


@pytest.fixture(scope="module")
def services(ledger: list[Ecriture], rows: pd.DataFrame) -> Services:
    fitted = {
        TypeModele.GRADIENT_BOOSTING: service_class(TypeModele.GRADIENT_BOOSTING)({"n_estimators": 40}, seed=1).fit(
            rows
        ),
        TypeModele.SVM: service_class(TypeModele.SVM)({}, seed=1).fit(rows),
    }
    forest = service_class(TypeModele.RANDOM_FOREST)({"n_estimators": 40, "min_samples_leaf": 2}, seed=1)
    fitted[TypeModele.RANDOM_FOREST] = forest.fit(line_frame(Collected(entries=ledger)))
    return fitted


@pytest.fixture(scope="module")
def load(services: Services, forest: IsolationForest) -> Load:
    models: dict[TypeModele, IsolationForest | Opinion] = {TypeModele.ISOLATION_FOREST: forest}
    models |= {name: opinion_of(name, service.dump()) for name, service in services.items()}
    return lambda of: models[of.type_modele]


@pytest.fixture(scope="module")
def stream(ledger: list[Ecriture], neighbour: list[Ecriture]) -> list[Event]:
    """Return two companies side by side; from some entries on, models of one or of both are in force."""
    events: list[Event] = [event for pair in zip(ledger, neighbour, strict=False) for event in pair]
    events += ledger[len(neighbour) :]
    events += [wrong for entry in ledger if (wrong := on_a_wrong_account(entry)) is not None]
    for at, one in (
        (60, marker(TypeModele.GRADIENT_BOOSTING)),
        (90, marker(TypeModele.RANDOM_FOREST)),
        (120, marker(TypeModele.SVM, societe_id=0)),
        (150, marker(TypeModele.ISOLATION_FOREST)),
        (170, marker(TypeModele.GRADIENT_BOOSTING, societe_id=2, owner=0)),
        (250, marker(TypeModele.GRADIENT_BOOSTING, number=2)),
    ):
        events.insert(at, one)
    return type(ledger)(events)


def on_a_wrong_account(entry: Ecriture) -> Ecriture | None:
    """Return another entry like one, its purchase booked as wages, which is odd enough to be in doubt."""
    if entry.revision != 1 or not any(line.compte_num.startswith("60") for line in entry.lignes):
        return None
    lines = [replace(line, compte_num="645000") if line.compte_num.startswith("60") else line for line in entry.lignes]
    return replace(entry, ecriture_id=f"{entry.ecriture_id}-wrong", ecriture_num="", lignes=lines)


def new_scorer(load: Load, parametres: Parametres = DEFAULTS) -> LedgerScorer:
    return LedgerScorer(load_model=load, parametres=parametres, seed=4)


def go_on(scorer: LedgerScorer, events: Sequence[Event], cuts: Sequence[int] = ()) -> list[tuple[int, bytes]]:
    found = []
    for start, end in pairwise([0, *sorted(cuts), len(events)]):
        outcome = scorer.process(events[start:end])
        assert outcome.refused == []
        found += [(start + position, encode_detection(one)) for position, one in outcome.detections]
    return found


@pytest.fixture(scope="module")
def outcome(stream: list[Event], load: Load) -> Outcome:
    return new_scorer(load).process(stream)


@pytest.fixture(scope="module")
def uncut(stream: list[Event], load: Load) -> tuple[list[tuple[int, bytes]], str]:
    scorer = new_scorer(load)
    return go_on(scorer, stream), scorer.digest()


def test_each_model_has_its_say(outcome: Outcome) -> None:
    codes = {motif.code for _, found in outcome.detections for motif in found.motifs}
    assert {CodeMotif.RISQUE_CORRECTION, CodeMotif.CLASSE_SUSPECTE} <= codes


@pytest.fixture(scope="module")
def accounts(ledger: list[Ecriture]) -> list[Event]:
    """Return the ledger with a Random Forest alone, and purchases on wrong accounts at its end."""
    wrong = [found for entry in ledger if (found := on_a_wrong_account(entry)) is not None]
    return type(ledger)([marker(TypeModele.RANDOM_FOREST), *ledger, *wrong])


def test_a_random_forest_names_the_line_and_both_accounts(accounts: list[Event], load: Load) -> None:
    wrong = [entry for entry in accounts if isinstance(entry, Ecriture) and entry.ecriture_id.endswith("-wrong")]
    opinion = load(version(TypeModele.RANDOM_FOREST))
    assert not isinstance(opinion, IsolationForest)
    batch = EntryBatch.from_entries(wrong)
    every = opinion.chosen(batch, np.arange(len(wrong)))
    answers = opinion.answer(Asked(batch, every, None, every, {}))
    assert np.median(answers.values) > 1.0
    told = answers.tell(int(np.argmax(answers.values)))
    assert told.french.startswith("Compte 645000 improbable à la ligne")
    assert "such lines usually go to 60" in told.english
    assert len(told.lines) == 1
    for place, entry in enumerate(every.tolist()):
        alone = np.array([entry])
        assert opinion.answer(Asked(batch, alone, None, alone, {})).values[0] == answers.values[place]


@REPEATABLE
@given(data=st.data())
def test_any_cut_gives_a_random_forest_the_same_bytes(accounts: list[Event], load: Load, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(accounts)), max_size=30))
    whole, parts = new_scorer(load), new_scorer(load)
    assert go_on(parts, accounts, cuts) == go_on(whole, accounts)
    assert parts.digest() == whole.digest()


@REPEATABLE
@given(data=st.data())
def test_any_cut_gives_the_same_bytes(
    stream: list[Event], uncut: tuple[list[tuple[int, bytes]], str], load: Load, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=30))
    scorer = new_scorer(load)
    assert (go_on(scorer, stream, cuts), scorer.digest()) == uncut


def test_batches_of_one_give_the_same_bytes(
    stream: list[Event], uncut: tuple[list[tuple[int, bytes]], str], load: Load
) -> None:
    scorer = new_scorer(load)
    assert (go_on(scorer, stream, range(len(stream))), scorer.digest()) == uncut


def test_shares_sum_to_the_score_and_reasons_have_figures(outcome: Outcome) -> None:
    told = 0
    for _, found in outcome.detections:
        assert round(sum(motif.poids for motif in found.motifs), 2) == found.score
        assert round(sum(found.contributions.values()), 2) == found.score
        for motif in found.motifs:
            if motif.code in CODES.values():
                told += 1
                assert any(figure.isdigit() for figure in motif.libelle_fr), motif.libelle_fr
                assert any(figure.isdigit() for figure in motif.libelle_en), motif.libelle_en
                assert bool(motif.lignes) == (motif.code is CodeMotif.COMPTE_IMPROBABLE)
    assert told > 20


@pytest.mark.parametrize("shares", [[], [("montant", 0.0), ("compte_num", -1.0)]])
def test_what_no_attribute_speaks_for_is_counted_all_the_same(
    ledger: list[Ecriture], shares: list[tuple[str, float]]
) -> None:
    class Sure(NamedTuple):
        values: np.ndarray

        def tell(self, place: int) -> Told:
            return Told("Douteux (1).", "Doubtful (1).", [], shares)

    class Oracle:
        def chosen(self, batch: object, entries: np.ndarray) -> np.ndarray:
            return entries

        def answer(self, one: Asked) -> Answers:
            return Sure(np.ones(len(one.entries)))

    told = new_scorer(lambda of: Oracle()).process([marker(TypeModele.GRADIENT_BOOSTING), *ledger])
    concerned = [
        (found, motif.poids)
        for _, found in told.detections
        for motif in found.motifs
        if motif.code is CodeMotif.RISQUE_CORRECTION and motif.poids
    ]
    assert len(concerned) > 5
    for found, points in concerned:
        assert found.contributions["controles"] == points
        assert round(sum(found.contributions.values()), 2) == found.score


def test_a_detection_names_the_models_that_were_asked(outcome: Outcome) -> None:
    by_code = {CODES[one]: version(one).modele_id for one in ASKED}
    for _, found in outcome.detections:
        used = {model.modele_id for model in found.modeles}
        assert {by_code[motif.code] for motif in found.motifs if motif.code in by_code} <= used
    assert any(model.version == 2 for _, found in outcome.detections for model in found.modeles)


def test_before_its_marker_a_model_says_nothing(outcome: Outcome) -> None:
    early = [motif.code for at, found in outcome.detections if at < 60 for motif in found.motifs]
    assert early
    assert not set(early) & set(CODES.values())


def test_a_dump_goes_on_as_if_nothing_had_been(stream: list[Event], load: Load) -> None:
    whole = new_scorer(load)
    go_on(whole, stream[:300])
    later = new_scorer(load)
    later.load({name: bytes(part) for name, part in whole.dump()})
    assert go_on(later, stream[300:]) == go_on(whole, stream[300:])
    assert later.digest() == whole.digest()


def test_a_dump_whose_model_is_gone_is_told(stream: list[Event], load: Load) -> None:
    whole = new_scorer(load)
    go_on(whole, stream[:300])

    def gone(of: VersionModele) -> IsolationForest | Opinion:
        if of.type_modele is TypeModele.SVM:
            raise ValueError("artefact 0/SVM/1/model.pkl cannot be read")
        return load(of)

    with pytest.raises(ModelMissing, match="cannot be read"):
        new_scorer(gone).load({name: bytes(part) for name, part in whole.dump()})


def test_a_version_that_cannot_be_loaded_leaves_the_one_before(stream: list[Event], load: Load) -> None:
    def broken(of: VersionModele) -> IsolationForest | Opinion:
        if of.version == 2:
            raise ValueError("its SHA-256 differs")
        return load(of)

    outcome = new_scorer(broken).process(stream)
    assert [refused.position for refused in outcome.refused] == [250]
    assert "the one before stays: its SHA-256 differs" in outcome.refused[0].reason
    late = [motif.code for at, found in outcome.detections if at > 250 for motif in found.motifs]
    assert CodeMotif.RISQUE_CORRECTION in late


def test_a_challenger_is_not_asked(ledger: list[Ecriture], load: Load) -> None:
    challenger = Activation(societe_id=1, version=version(TypeModele.SVM), role=RoleModele.CHALLENGER)
    assert go_on(new_scorer(load), [challenger, *ledger])[5:] != []
    codes = {m.code for _, d in new_scorer(load).process([challenger, *ledger]).detections for m in d.motifs}
    assert CodeMotif.CLASSE_SUSPECTE not in codes


def test_settings_switch_a_model_off(stream: list[Event], load: Load) -> None:
    off = Parametres(societe_id=0, controles={code: ReglageControle(actif=False) for code in CODES.values()})
    outcome = new_scorer(load, off).process(stream)
    assert not {motif.code for _, found in outcome.detections for motif in found.motifs} & set(CODES.values())
    assert {model.modele_id for _, found in outcome.detections for model in found.modeles} <= {
        0, version(TypeModele.ISOLATION_FOREST).modele_id
    }  # fmt: skip


def test_a_model_sees_the_rows_it_was_trained_on(
    ledger: list[Ecriture], rows: pd.DataFrame, load: Load, services: Services
) -> None:
    """What scoring asks with is what the data set has for the same entry, and the answer is the service's."""
    asked: list[Asked] = []

    class Listener:
        def chosen(self, batch: object, entries: np.ndarray) -> np.ndarray:
            return entries

        def answer(self, one: Asked) -> Answers:
            asked.append(one)
            opinion = load(version(TypeModele.GRADIENT_BOOSTING))
            assert not isinstance(opinion, IsolationForest)
            return opinion.answer(one)

    scorer = new_scorer(lambda of: Listener())
    scorer.process([marker(TypeModele.GRADIENT_BOOSTING), *ledger])
    matrix = rows[list(ENTRY_COLUMNS)].to_numpy(np.float64)
    service = services[TypeModele.GRADIENT_BOOSTING].predict(rows)["probabilite"].to_numpy()
    known = {(row.ecriture_id, row.revision): k for k, row in enumerate(rows[["ecriture_id", "revision"]].itertuples())}
    count = 0
    for one in asked:
        answers = load(version(TypeModele.GRADIENT_BOOSTING)).answer(one)  # type: ignore[union-attr]
        assert one.rows is not None
        for place, entry in enumerate(one.entries.tolist()):
            record = one.batch.entry(entry)
            k = known[record.ecriture_id, record.revision]
            assert np.array_equal(one.rows[place], np.nan_to_num(matrix[k]))
            assert answers.values[place] == pytest.approx(service[k], abs=1e-9)
            count += 1
    assert count > 20


def test_compiled_trees_say_what_scikit_learn_says(services: Services, rows: pd.DataFrame) -> None:
    service = services[TypeModele.GRADIENT_BOOSTING]
    compiled = boosted_trees(service)
    matrix = rows[list(ENTRY_COLUMNS)].to_numpy(np.float64)
    theirs = service.predict(rows)["probabilite"].to_numpy()
    assert np.abs(compiled.probability(matrix) - theirs).max() < 1e-9
    one_by_one = np.concatenate([compiled.probability(row[None, :]) for row in matrix[:50]])
    assert np.array_equal(one_by_one, compiled.probability(matrix)[:50])


def test_compiled_classes_say_what_the_service_says(services: Services, rows: pd.DataFrame) -> None:
    service = services[TypeModele.SVM]
    compiled = linear_classes(service)
    matrix = rows[list(ENTRY_COLUMNS)].to_numpy(np.float64)
    theirs = service.predict(rows)[[f"probabilite_{name}" for name in compiled.classes]].to_numpy()
    assert np.abs(compiled.probabilities(matrix) - theirs).max() < 1e-9
    explained = service.explain(rows)
    order = np.argsort(-compiled.probabilities(matrix), axis=1)[:, :2]
    for k in range(0, len(rows), 50):
        ours = compiled.attribute(matrix[k], int(order[k, 0]), int(order[k, 1])).sum()
        assert ours == pytest.approx(explained.drop(columns="base").iloc[k].sum(), abs=1e-9)


def test_compiled_votes_are_the_forests(services: Services, ledger: list[Ecriture]) -> None:
    from wisebook_ml.services.pair_forest import forest_votes
    from wisebook_ml.services.random_forest import RandomForestService

    service = services[TypeModele.RANDOM_FOREST]
    assert isinstance(service, RandomForestService)
    inputs = np.random.default_rng(1).normal(size=(30, 7, service.state().forest.n_features_in_)).astype(np.float32)
    assert np.abs(service._compiled_votes(inputs) - forest_votes(service.state().forest, inputs)).max() < 1e-9


def store_with(store: ArtefactStore, service: BaseMLService, data: bytes | None = None) -> VersionModele:
    return store.save(
        service.dump() if data is None else data,
        societe_id=1,
        modele_id=3,
        version=1,
        type_modele=service.type_modele,
    )


@pytest.fixture
def store(tmp_path: object) -> ArtefactStore:
    return ArtefactStore(tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("type_modele", ASKED)
def test_a_stored_model_is_loaded(store: ArtefactStore, services: Services, type_modele: TypeModele) -> None:
    opinion = model_loader(store)(store_with(store, services[type_modele]))
    assert not isinstance(opinion, IsolationForest)


def test_a_model_of_other_columns_is_refused(store: ArtefactStore, services: Services) -> None:
    service = services[TypeModele.SVM]
    head, state = pickle.loads(service.dump())
    head["columns"] = " ".join([*head["columns"].split()[1:], "valeur_AUTREFOIS"])
    of = store_with(store, service, pickle.dumps((head, state)))
    with pytest.raises(ValueError, match=r"no more: valeur_AUTREFOIS; new: montant\); train the model again"):
        model_loader(store)(of)


def test_an_svm_with_an_rbf_kernel_is_refused(store: ArtefactStore, rows: pd.DataFrame) -> None:
    service = service_class(TypeModele.SVM)({"kernel": "rbf"}, seed=1).fit(rows)
    with pytest.raises(ValueError, match=r"kernel .rbf. cannot take part in the score.*train one with"):
        model_loader(store)(store_with(store, service))


def test_other_kinds_are_refused(store: ArtefactStore) -> None:
    of = store.save(b"x", societe_id=1, modele_id=1, version=1, type_modele=TypeModele.LSTM)
    with pytest.raises(ValueError, match="a LSTM model cannot take part"):
        model_loader(store)(of)
