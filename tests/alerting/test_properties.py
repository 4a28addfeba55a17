"""What holds of alerts whatever comes: nothing is lost or told twice, budgets hold, and batches leave no trace."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import CodeMotif, Etat, EtatAlerte, HeuresCalmes, ReglageAlertes, Severite
from wisebook_ml.alerting.desk import CompanyDesk
from wisebook_ml.alerting.moments import hour_of
from wisebook_ml.alerting.policy import Policy, passes
from wisebook_ml.alerting.records import Told
from wisebook_ml.alerting.state import Alert, CompanyState, Member

from .made import NINE, detection

CODES = (CodeMotif.DOUBLON, CodeMotif.RAFALE, CodeMotif.MONTANT_ROND, CodeMotif.SOUS_SEUIL)
SEVERITIES = (Severite.MOYENNE, Severite.ELEVEE, Severite.CRITIQUE)


class Step(NamedTuple):
    """A record that comes some seconds after the one before it."""

    after: int
    name: int
    code: CodeMotif
    severite: Severite
    etat: Etat


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from([0, 1, 20, 300, 2_000, 30_000]),
        st.integers(0, 60),
        st.sampled_from(CODES),
        st.sampled_from(SEVERITIES),
        st.sampled_from([Etat.OUVERTE] * 4 + [Etat.CLOSE]),
    ),
    max_size=120,
)
POLICIES = st.builds(
    ReglageAlertes,
    regroupement=st.sampled_from([0, 5, 60, 600]),
    budget_horaire=st.integers(0, 3),
    calmes=st.sampled_from(
        [[], [HeuresCalmes()], [HeuresCalmes(feries=True), HeuresCalmes(debut="12:00", fin="14:00")]]
    ),
    escalade=st.sampled_from([0, 10, 90]),
    escalades=st.integers(0, 3),
)

DAY = dt.timedelta(days=1)


class Run:
    """A desk whose state goes through bytes wherever a batch ends, as it goes through SQL."""

    def __init__(self, reglage: ReglageAlertes, period: dt.timedelta) -> None:
        self.policy = Policy(reglage)
        self.period = period
        self.now = NINE
        self.revisions: Counter[int] = Counter()
        self.told: list[Told] = []
        self.passed: set[uuid.UUID] = set()
        self.alerts: dict[uuid.UUID, bytes] = {}
        self.members: dict[uuid.UUID, bytes] = {}
        self.state = msgspec.json.encode(CompanyState(societe_id=7))
        self.desk = self._open()

    def _open(self) -> CompanyDesk:
        return CompanyDesk(
            msgspec.json.decode(self.state, type=CompanyState),
            self.policy,
            [msgspec.json.decode(one, type=Alert) for one in self.alerts.values()],
            [msgspec.json.decode(one, type=Member) for one in self.members.values()],
        )

    def step(self, one: Step) -> None:
        """Take the record of a step."""
        self.wait(dt.timedelta(seconds=one.after))
        self.revisions[one.name] += 1
        record = detection(one.name, one.code, severite=one.severite, etat=one.etat, revision=self.revisions[one.name])
        if one.etat is Etat.OUVERTE and passes(record, self.policy.reglage):
            self.passed.add(record.detection_id)
        self.desk.take(record, self.now, self.now)

    def wait(self, time: dt.timedelta) -> None:
        """Let time pass, and look at the clock every so often."""
        until = self.now + time
        while self.now < until:
            self.now = min(self.now + self.period, until)
            self.desk.advance(self.now)

    def cut(self) -> None:
        """End a batch: what was changed goes through bytes, and only that."""
        self.told += self.desk.told
        self.state = msgspec.json.encode(self.desk.state)
        self.alerts |= {id_: msgspec.json.encode(one) for id_, one in self.desk.changed_alerts.items()}
        self.members |= {id_: msgspec.json.encode(one) for id_, one in self.desk.changed_members.items()}
        self.desk = self._open()

    def end(self) -> None:
        """Let days go by, so that all digests are told."""
        self.wait(4 * DAY)
        self.cut()


def run(reglage: ReglageAlertes, steps: Sequence[Step], cuts: Sequence[bool] = (), every: int = 500) -> Run:
    """Take steps; look at the clock every so many seconds, and end a batch where told."""
    made = Run(reglage, dt.timedelta(seconds=every))
    for k, step in enumerate(steps):
        made.step(step)
        if k < len(cuts) and cuts[k]:
            made.cut()
    made.end()
    return made


@settings(max_examples=80, deadline=None)
@given(POLICIES, STEPS, st.lists(st.booleans(), max_size=120), st.integers(100, 590))
def test_any_cut_into_batches_makes_the_same_alerts(
    reglage: ReglageAlertes, steps: list[Step], cuts: list[bool], every: int
) -> None:
    whole, cut = run(reglage, steps), run(reglage, steps, cuts, every)
    assert [(one.record, one.at) for one in cut.told] == [(one.record, one.at) for one in whole.told]
    assert cut.members == whole.members


@settings(max_examples=80, deadline=None)
@given(POLICIES, STEPS)
def test_every_detection_that_passes_is_in_one_alert(reglage: ReglageAlertes, steps: list[Step]) -> None:
    made = run(reglage, steps)
    members = [msgspec.json.decode(one, type=Member) for one in made.members.values()]
    assert {one.detection_id for one in members} == made.passed
    last = {one.record.alerte_id: one.record for one in made.told}
    for one in members:
        # What was gone before its digest was told need not be told.
        assert one.alerte_id in last or not one.ouverte
    alerts = [msgspec.json.decode(one, type=Alert) for one in made.alerts.values()]
    assert {one.alerte_id for one in alerts} == last.keys()
    for alert in alerts:
        record = last[alert.alerte_id]
        standing = sum(one.ouverte for one in members if one.alerte_id == alert.alerte_id)
        assert alert.ouvertes == standing
        assert (record.etat is EtatAlerte.RESOLUE) == (standing == 0)
        assert (record.nombre, sum(record.codes.values())) == (alert.nombre, alert.nombre)
        assert record.nombre >= standing
        assert alert.due is None


@settings(max_examples=80, deadline=None)
@given(POLICIES, STEPS)
def test_the_budget_holds(reglage: ReglageAlertes, steps: list[Step]) -> None:
    made = run(reglage, steps)
    alone: Counter[dt.datetime] = Counter()
    grave: Counter[dt.datetime] = Counter()
    digests: Counter[dt.datetime] = Counter()
    revisions: dict[uuid.UUID, int] = {}
    digest_of = _digests(made)
    for one in made.told:
        id_ = one.record.alerte_id
        assert one.record.revision == revisions.get(id_, 0) + 1
        revisions[id_] = one.record.revision
        if one.record.revision == 1:
            urgent = one.record.severite is Severite.CRITIQUE
            (digests if id_ in digest_of else grave if urgent else alone)[hour_of(one.at)] += 1
    assert all(count <= reglage.budget_horaire for count in alone.values())
    assert all(count <= reglage.budget_horaire + 10 for count in grave.values())
    assert all(count <= 2 for count in digests.values())
    assert [one.at for one in made.told] == sorted(one.at for one in made.told)


def _digests(made: Run) -> set[uuid.UUID]:
    """Return the alerts that were held back before they were told."""
    first = {one.record.alerte_id: one for one in reversed(made.told)}
    return {id_ for id_, one in first.items() if one.source is None and one.record.ouverte_le < one.at}
