"""The alerts of one company: detections, acknowledgements and the clock in; revisions of alerts out.

Everything is done one record after the other, and what was due before a record is done before it: so it does not matter
how records are cut into batches, or when somebody looks at the clock in between.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

from schemas import Acquittement, Detection, Etat, EtatAlerte, Severite, to_minor
from wisebook_ml.alerting.budget import has_room, is_urgent, next_hour, spend
from wisebook_ml.alerting.escalation import is_due, wait
from wisebook_ml.alerting.exceptions import UnknownAlert
from wisebook_ml.alerting.grouping import end_of, grown, has_news, new_alert, note_told
from wisebook_ml.alerting.moments import moment
from wisebook_ml.alerting.policy import Policy, cause_of, passes
from wisebook_ml.alerting.quiet_hours import LONGEST, quiet_until
from wisebook_ml.alerting.records import Source, Told, record_of
from wisebook_ml.alerting.state import Alert, CompanyState, Member, member_of
from wisebook_ml.alerting.texts import first_texts

__all__ = ["CompanyDesk"]


class CompanyDesk:
    """Makes alerts of one company.

    Parameters
    ----------
    state : CompanyState
        What is remembered; it changes.
    policy : Policy
        What the company wants to be alerted to.
    alerts : iterable of Alert
        At least those with something due, and those that have one of `members`; they change.
    members : iterable of Member
        Of the detections that will be taken, those that were taken before; they change.

    Attributes
    ----------
    told : list of Told
        What is to be published, in order.
    changed_alerts, changed_members : dict
        What is to be kept.
    """

    def __init__(
        self, state: CompanyState, policy: Policy, alerts: Iterable[Alert] = (), members: Iterable[Member] = ()
    ) -> None:
        self.state = state
        self.policy = policy
        self.alerts: dict[uuid.UUID, Alert] = {one.alerte_id: one for one in alerts}
        self.members: dict[uuid.UUID, Member] = {one.detection_id: one for one in members}
        self.told: list[Told] = []
        self.changed_alerts: dict[uuid.UUID, Alert] = {}
        self.changed_members: dict[uuid.UUID, Member] = {}
        self._source: Source | None = None
        self._due: dict[uuid.UUID, dt.datetime] = {}
        self._groups: dict[str, uuid.UUID] = {}
        for one in self.alerts.values():
            self._index(one)

    @property
    def due(self) -> dt.datetime | None:
        """When `advance` has something to do next; None: never, as things are."""
        held = self.state.held
        return min([*self._due.values(), *([held.differee] if held and held.differee else [])], default=None)

    def take(self, detection: Detection, made: dt.datetime, now: dt.datetime, source: Source | None = None) -> None:
        """Take a record of a detection.

        Parameters
        ----------
        detection : Detection
            It is one of this company.
        made : datetime
            When it was made, as its record says.
        now : datetime
            The present moment.
        source : tuple, optional
            Where its record stands.
        """
        known = self.members.get(detection.detection_id)
        stands = known is not None and known.ouverte and self._is_in_alert(known)
        if known is not None and detection.revision < known.revision + (not stands):
            return  # an older record that comes again
        if not stands and (detection.etat is Etat.CLOSE or not passes(detection, self.policy.reglage)):
            return
        at = self._reach(made, now, source)
        if known is None or not stands:
            self._open(detection, known, made, at)
        elif detection.etat is Etat.CLOSE:
            self._close(known, detection, at)
        elif self._is_held(known) and is_urgent(detection.severite) and not is_urgent(known.severite):
            self._let_go(known)
            self._open(detection, None, made, at)  # it waits no longer
        else:
            self._revise(known, detection, at)

    def acknowledge(self, one: Acquittement, told: dt.datetime, now: dt.datetime, source: Source | None = None) -> bool:
        """Take note that somebody has taken note of an alert; return whether that was news.

        Raises
        ------
        UnknownAlert
            Where the company has none of this id.
        """
        alert = self.alerts.get(one.alerte_id)
        if alert is None or alert.societe_id != one.societe_id:
            raise UnknownAlert(
                f"company {one.societe_id} has no alert {one.alerte_id} that was made of detections; `wisebook-ml "
                f"alerts list {one.societe_id} --all` names those it has"
            )
        if alert.etat is not EtatAlerte.OUVERTE:
            return False
        seen = one.revision is None or one.revision >= alert.pire
        place = None if source is None else source[:3]  # it comes again with the same one
        if not seen or (place is not None and place == alert.acquittement):
            return False  # it is open because of what is worse than what they saw
        at = self._reach(told, now, source)
        alert.acquittement = place
        alert.etat = EtatAlerte.ACQUITTEE
        alert.acquittee_par, alert.commentaire = one.auteur, one.commentaire
        alert.escalade_le = None
        self._tell(alert, at)
        self._keep(alert)
        return True

    def advance(self, now: dt.datetime) -> None:
        """Do what is due by the clock."""
        self._advance(now, now)

    # Time

    def _reach(self, told: dt.datetime, now: dt.datetime, source: Source | None) -> dt.datetime:
        """Do what was due before something happened; return as of when that counts."""
        self._advance(moment(told, now, self.state.reached), now)
        self.state.reached = moment(told, now, self.state.reached)
        self._source = source
        return self.state.reached

    def _advance(self, until: dt.datetime, now: dt.datetime) -> None:
        """Do what is due up to a moment, in order. What was due long ago (nobody was there) counts as of now."""
        self._source = None
        while (due := self.due) is not None and due <= until:
            at = self.state.reached = moment(due, now, self.state.reached)
            held = self.state.held
            if held is not None and held.differee == due:
                self._release(held, at)
            else:
                self._act(self.alerts[min(id_ for id_, when in self._due.items() if when == due)], due, at)

    def _act(self, alert: Alert, due: dt.datetime, at: dt.datetime) -> None:
        """Do what is due about an alert: its group ends, quiet hours that held it back end, or nobody acknowledged."""
        reglage = self.policy.reglage
        if alert.fin == due:
            alert.fin = None
            if has_news(alert):
                self._tell_or_defer(alert, at)
        elif alert.differee == due:
            alert.differee = None
            self._tell_or_defer(alert, at)
        else:
            alert.escalade_le = None
            if is_due(alert, reglage):
                alert.escalade_le = self._quiet(alert.severite, at)
                if alert.escalade_le is None:
                    alert.escalade += 1
                    self._tell(alert, at)
                    wait(alert, reglage, at)
        self._keep(alert)

    def _quiet(self, severite: Severite, at: dt.datetime) -> dt.datetime | None:
        return quiet_until(at, severite, self.policy.reglage.calmes, self.policy.days_off)

    # Detections

    def _open(self, detection: Detection, before: Member | None, made: dt.datetime, at: dt.datetime) -> None:
        """Let a detection into the alert of its cause, into a new one, or into what is held back."""
        cause = cause_of(detection)
        group = self._group(cause)
        if group is not None:
            if before is not None and before.alerte_id == group.alerte_id:
                before.ouverte = True  # it was closed, and stands again: counted already
                group.ouvertes += 1
                self._revise(before, detection, at)
                return
            self._join(group, detection, at)
            if group.rises(detection.severite):
                self._worsen(group, at)
            elif grown(group) and group.etat is EtatAlerte.OUVERTE:
                self._tell_or_defer(group, at)
            self._keep(group)
            return
        quiet = self._quiet(detection.severite, at)
        if quiet is not None or not has_room(self.state, self.policy.reglage, detection.severite, at):
            self._hold(detection, made, at, quiet)
            return
        alert = new_alert(detection, cause, made, at)
        alert.fin = end_of(at, self.policy.reglage)
        self._join(alert, detection, at)
        spend(self.state, detection.severite, at)
        self._tell(alert, at)
        wait(alert, self.policy.reglage, at)
        self._keep(alert)

    def _hold(self, detection: Detection, made: dt.datetime, at: dt.datetime, quiet: dt.datetime | None) -> None:
        """Keep a detection for the next digest."""
        held = self.state.held
        if held is None:
            held = self.state.held = new_alert(detection, "", made, at)
        held.rises(detection.severite)
        held.calme = held.calme or quiet is not None
        until = quiet or next_hour(at)
        held.differee = until if held.differee is None else min(held.differee, until)
        self._join(held, detection, at)

    def _join(self, alert: Alert, detection: Detection, at: dt.datetime) -> None:
        member = member_of(detection, alert.alerte_id)
        alert.count(member)
        alert.derniere_le = at
        self._remember(member)

    def _revise(self, known: Member, detection: Detection, at: dt.datetime) -> None:
        """Take a later revision of a detection that is counted already."""
        alert = self._of(known)
        worse = alert.rises(detection.severite)
        alert.revise(known, abs(to_minor(detection.montant)), detection.severite)
        known.revision = detection.revision
        if alert.begins_with(known):
            alert.texte_fr, alert.texte_en = first_texts(detection)
        self._remember(known)
        if alert is not self.state.held:
            if worse:
                self._worsen(alert, at)
            self._keep(alert)
        elif worse and alert.differee is not None and self._quiet(alert.severite, at) is None:
            alert.differee = min(alert.differee, next_hour(at))

    def _close(self, known: Member, detection: Detection, at: dt.datetime) -> None:
        """Take note that a detection's reasons are gone; with the last one of an alert, it is settled."""
        known.ouverte, known.revision = False, detection.revision
        self._remember(known)
        if self._is_held(known):
            self._let_go(known)
            return
        alert = self._of(known)
        alert.ouvertes -= 1
        if not alert.ouvertes:
            alert.etat = EtatAlerte.RESOLUE
            alert.fin = alert.escalade_le = None
            self._tell(alert, at)
        self._keep(alert)

    def _is_held(self, member: Member) -> bool:
        held = self.state.held
        return held is not None and held.alerte_id == member.alerte_id

    def _let_go(self, member: Member) -> None:
        """Take a detection out of what is held back."""
        held = self.state.held
        assert held is not None  # the member is in it
        held.ouvertes -= 1
        held.discount(member)
        if not held.ouvertes:
            self.state.held = None

    # Telling

    def _release(self, held: Alert, at: dt.datetime) -> None:
        """Tell what was held back, unless it is quiet, or the company wants no alerts any more: then nobody is told."""
        if not self.policy.reglage.actif:
            self.state.held = None
            return
        quiet = self._quiet(held.severite, at)
        if quiet is not None and at - held.ouverte_le < LONGEST:
            held.differee, held.calme = quiet, True
            return
        self.state.held = None
        if len(held.codes) == 1:
            (held.cause,) = held.codes
        self._tell(held, at)
        wait(held, self.policy.reglage, at)
        self._keep(held)

    def _worsen(self, alert: Alert, at: dt.datetime) -> None:
        """Tell that an alert is more serious than was told; who has acknowledged it did not know."""
        if not self.policy.reglage.actif:
            return
        if alert.etat is EtatAlerte.ACQUITTEE:
            alert.etat = EtatAlerte.OUVERTE
            alert.acquittee_par = alert.commentaire = ""
            alert.escalade_avant = alert.escalade
            wait(alert, self.policy.reglage, at)
        self._tell_or_defer(alert, at)

    def _tell_or_defer(self, alert: Alert, at: dt.datetime) -> None:
        alert.differee = self._quiet(alert.severite, at)
        if alert.differee is None and self.policy.reglage.actif:
            self._tell(alert, at)

    def _tell(self, alert: Alert, at: dt.datetime) -> None:
        note_told(alert)
        self.told.append(Told(record_of(alert), at, self._source))

    # What is known

    def _group(self, cause: str) -> Alert | None:
        id_ = self._groups.get(cause)
        return None if id_ is None else self.alerts[id_]

    def _of(self, member: Member) -> Alert:
        return self.state.held if self.state.held and self._is_held(member) else self.alerts[member.alerte_id]

    def _is_in_alert(self, member: Member) -> bool:
        """Tell whether a detection's alert is there: a digest that nobody wanted any more is not."""
        return self._is_held(member) or member.alerte_id in self.alerts

    def _remember(self, member: Member) -> None:
        self.members[member.detection_id] = self.changed_members[member.detection_id] = member

    def _keep(self, alert: Alert) -> None:
        self.alerts[alert.alerte_id] = self.changed_alerts[alert.alerte_id] = alert
        self._index(alert)

    def _index(self, alert: Alert) -> None:
        due = alert.due
        if due is None:
            self._due.pop(alert.alerte_id, None)
        else:
            self._due[alert.alerte_id] = due
        if alert.fin is not None:
            self._groups[alert.cause] = alert.alerte_id
        elif self._groups.get(alert.cause) == alert.alerte_id:
            del self._groups[alert.cause]
