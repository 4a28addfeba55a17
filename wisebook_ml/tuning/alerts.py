"""Whether what is set of alerts makes sense, and changing it as a person spells it: ``severite=CRITIQUE``."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import asdict, replace

from schemas import Canal, CodeMotif, Destination, HeuresCalmes, ReglageAlertes, Severite, from_minor, to_minor
from schemas.money import Montant
from wisebook_ml.access import shown
from wisebook_ml.tuning.exceptions import Refusal

__all__ = ["alert_faults", "edited_alerts", "quiet_text", "read_faults", "target_text"]

TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
MAILBOX = re.compile(r"[^@\s<>()\[\],;:\"\\]{1,64}@[^@\s<>()\[\],;:\"\\]{1,250}")
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are reached without a network, where nothing need be encrypted."""

MAX_QUIET = 50
YES, NO = frozenset({"true", "oui", "yes", "1"}), frozenset({"false", "non", "no", "0"})
MINUTES_A_DAY, DAYS = 24 * 60, range(1, 8)
WEEKEND = (6, 7)

T = TypeVar("T")


class _Quiet(msgspec.Struct, kw_only=True):
    """`HeuresCalmes` whose values may make no sense."""

    debut: str = "20:00"
    fin: str = "08:00"
    jours: list[int] = []
    feries: bool = False
    sauf: Severite = Severite.CRITIQUE


class _Target(msgspec.Struct, kw_only=True):
    """A `Destination` whose values may make no sense."""

    canal: Canal
    adresse: str
    severite: Severite = Severite.INFO
    langue: str = "fr"
    escalade: bool = False


class _Alerts(msgspec.Struct, kw_only=True):
    """A `ReglageAlertes` whose values may make no sense."""

    actif: bool = True
    severite: Severite = Severite.ELEVEE
    montant: str | None = None
    controles: list[str] = []
    sauf_controles: list[str] = []
    regroupement: int = 60
    budget_horaire: int = 10
    calmes: list[_Quiet] = []
    escalade: int = 0
    escalades: int = 1
    destinations: list[_Target] = []


def alert_faults(reglage: ReglageAlertes, near: Callable[[str], str]) -> Iterator[str]:
    """Yield what makes no sense, each as a sentence for a person.

    Parameters
    ----------
    reglage : ReglageAlertes
        Its values are checked again.
    near : callable
        Says which code was meant by one that there is not.

    Examples
    --------
    >>> always = ReglageAlertes(montant="0", calmes=[HeuresCalmes(debut="00:00", fin="00:00")])
    >>> for fault in alert_faults(always, str):
    ...     print(fault.partition(";")[0])
    alertes.montant 0 is no amount that is worth a threshold
    the quiet hours leave no time of the week to tell alerts below CRITIQUE
    >>> list(alert_faults(ReglageAlertes(), str))
    []
    """
    yield from read_faults(msgspec.to_builtins(reglage), near)


def read_faults(given: Mapping[str, object], near: Callable[[str], str]) -> Iterator[str]:
    """Do as `alert_faults` does, with an object that was read from JSON."""
    try:
        read = msgspec.convert(given, _Alerts)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$")
        yield f"alertes{where.rstrip('`')}: {said[:1].lower()}{said[1:]}"
        return
    yield from _amount(read.montant)
    for name, codes in (("controles", read.controles), ("sauf_controles", read.sauf_controles)):
        for code in codes:
            if code not in frozenset(CodeMotif):
                yield f"alertes.{name}: {code} is no control; {near(code)}"
    for code in sorted({*read.controles} & {*read.sauf_controles}):
        yield f"alertes: {code} is in `controles` and in `sauf_controles`; leave one out"
    limits = (
        ("regroupement", read.regroupement, 7 * MINUTES_A_DAY, "minutes"),
        ("budget_horaire", read.budget_horaire, 1000, "alerts an hour"),
        ("escalade", read.escalade, 7 * MINUTES_A_DAY, "minutes"),
        ("escalades", read.escalades, 10, "times"),
    )
    for name, value, most, unit in limits:
        if not 0 <= value <= most:
            yield f"alertes.{name} {value} is not between 0 and {most} {unit}"
    quiet = [fault for place, one in enumerate(read.calmes, start=1) for fault in _quiet(place, one)]
    yield from quiet or _no_time_left(read.calmes)
    yield from _targets(read)


def _amount(montant: str | None) -> Iterator[str]:
    if montant is None:
        return
    try:
        msgspec.convert(montant, Montant)
    except msgspec.ValidationError:
        yield f"alertes.montant: {montant!r} is no amount in euros; digits alone, with a dot for cents, such as 1000.00"
        return
    if to_minor(montant) <= 0:
        yield f"alertes.montant {montant} is no amount that is worth a threshold; it must be more than 0"


def _quiet(place: int, one: _Quiet) -> Iterator[str]:
    for name, value in (("debut", one.debut), ("fin", one.fin)):
        if not TIME.fullmatch(value):
            yield f"quiet hours {place}: {name} {value!r} is no time of day; write hours and minutes, such as 08:00"
    for day in one.jours:
        if day not in DAYS:
            yield f"quiet hours {place}: {day} is no day of the week; 1 is Monday, 7 is Sunday"


def _no_time_left(calmes: Sequence[_Quiet]) -> Iterator[str]:
    if len(calmes) > MAX_QUIET:
        yield f"{len(calmes)} quiet hours are too many; give at most {MAX_QUIET}"
        return
    left = set(range(len(DAYS) * MINUTES_A_DAY))
    for one in calmes:
        debut, fin = _minutes(one.debut), _minutes(one.fin)
        length = fin - debut if fin > debut else fin - debut + MINUTES_A_DAY
        for day in one.jours or DAYS:
            start = (day - 1) * MINUTES_A_DAY + debut
            left -= {minute % (len(DAYS) * MINUTES_A_DAY) for minute in range(start, start + length)}
        for day in WEEKEND if one.feries else ():
            left -= set(range((day - 1) * MINUTES_A_DAY, day * MINUTES_A_DAY))
    if not left:
        least = min((one.sauf for one in calmes), key=list(Severite).index)
        yield f"the quiet hours leave no time of the week to tell alerts below {least}; `actif` false ends all alerts"


def _minutes(text: str) -> int:
    time = dt.time.fromisoformat(text)
    return time.hour * 60 + time.minute


def _targets(read: _Alerts) -> Iterator[str]:
    seen = set()
    for place, one in enumerate(read.destinations, start=1):
        where = f"destination {place}"
        yield from _address(where, one)
        if one.langue not in ("fr", "en"):
            yield f"{where}: {one.langue!r} is no language of alerts; there are fr and en"
        if one.escalade and read.escalade == 0:
            yield f"{where} is for escalations, and there are none: set `escalade` to minutes, or leave it out"
        key = (one.canal, one.adresse, one.escalade)
        if key in seen:
            yield f"{where}: {shown(one.adresse)} is given twice; leave one out"
        seen.add(key)
    if len(read.destinations) > 20:
        yield f"{len(read.destinations)} destinations are too many; give at most 20"


def _address(where: str, one: _Target) -> Iterator[str]:
    if one.canal is Canal.EMAIL:
        for mailbox in one.adresse.split(","):
            if not MAILBOX.fullmatch(mailbox.strip()):
                yield (
                    f"{where}: {mailbox.strip()[:100]!r} is no mail address; write the address alone, such as "
                    "anne@example.fr, several with commas between them"
                )
        return
    try:
        parts = urlsplit(one.adresse)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
        parts = urlsplit("")
    if re.search(r"\s", one.adresse) or not host or parts.scheme not in ("https", "http"):
        yield f"{where}: {shown(one.adresse)[:100]!r} is no URL of a webhook; write one such as https://erp.example.fr/alertes"
    elif parts.scheme == "http" and host not in HERE:
        yield f"{where}: a webhook at http://{host} would send alerts in the clear; give its https:// address"


# Changes


def edited_alerts(
    base: ReglageAlertes,
    *,
    champs: Sequence[str] = (),
    calmes: tuple[Sequence[str], Sequence[str]] = ((), ()),
    destinations: tuple[Sequence[str], Sequence[str]] = ((), ()),
    default: str,
) -> ReglageAlertes:
    """Return settings of alerts with changes.

    Parameters
    ----------
    base : ReglageAlertes
        What is set so far.
    champs : sequence of str
        ``FIELD=VALUE``; `default` as the value takes one back, a list has commas.
    calmes : tuple of sequences of str
        Quiet hours that come and that go: ``20:00-08:00 jours=1,2 feries sauf=ELEVEE``; what goes is told by its times.
    destinations : tuple of sequences of str
        Addresses that come and that go: ``https://… severite=CRITIQUE langue=en escalade``; what goes is told by its
        address, whole or as it is shown.
    default : str
        What stands for the default.

    Raises
    ------
    Refusal
        Where a change cannot be understood.

    Examples
    --------
    >>> changed = edited_alerts(
    ...     ReglageAlertes(),
    ...     champs=["severite=critique", "montant=500"],
    ...     calmes=(["20:00-08:00 jours=1,2"], []),
    ...     destinations=(["anne@example.fr langue=en"], []),
    ...     default="defaut",
    ... )
    >>> changed.severite.value, changed.montant, quiet_text(changed.calmes[0]), target_text(changed.destinations[0])
    ('CRITIQUE', '500.00', '20:00-08:00 jours=1,2', 'EMAIL anne@example.fr langue=en')
    """
    fields = asdict(base)
    for text in champs:
        name, mark, value = (part.strip() for part in text.partition("="))
        if not mark or name not in fields or name in ("calmes", "destinations"):
            known = ", ".join(one for one in fields if one not in ("calmes", "destinations"))
            raise Refusal(f"{text!r} is not FIELD=VALUE of alerts; the fields are {known}")
        fields[name] = getattr(ReglageAlertes(), name) if value == default else _value(name, value, text)
    fields["calmes"] = _items(base.calmes, calmes, _read_quiet, lambda one: f"{one.debut}-{one.fin}", "quiet hours")
    fields["destinations"] = _items(
        base.destinations, destinations, _read_target, lambda one: one.adresse, "destination"
    )
    return ReglageAlertes(**fields)


def _value(name: str, value: str, text: str) -> object:
    if name == "actif":
        if value.lower() not in YES | NO:
            raise Refusal(f"{text!r}: {value!r} is neither true nor false")
        return value.lower() in YES
    if name == "severite":
        return _severity(value, text)
    if name in ("controles", "sauf_controles"):
        codes = [one.strip().upper() for one in value.split(",") if one.strip()]
        # What is no code is told with all the rest, with the one that was meant.
        return [CodeMotif(one) if one in frozenset(CodeMotif) else one for one in codes]
    if name == "montant":
        try:
            return from_minor(to_minor(msgspec.convert(value, Montant)))
        except msgspec.ValidationError:
            return value
    try:
        return int(value)
    except ValueError:
        raise Refusal(f"{text!r}: {value!r} is no whole number") from None


def _severity(value: str, text: str) -> Severite:
    try:
        return Severite(value.upper())
    except ValueError:
        raise Refusal(f"{text!r}: {value!r} is no severity; there are {', '.join(Severite)}") from None


def _items(
    there: Sequence[T],
    change: tuple[Sequence[str], Sequence[str]],
    read: Callable[[str], T],
    name: Callable[[T], str],
    what: str,
) -> list[T]:
    """Return a list with what comes, in the place of what has the same name, and without what goes.

    What goes may be named as it is shown, too: who reads an address without its secrets need not know them.
    """
    more, less = change
    items = {name(one): one for one in there}
    for text in more:
        one = read(text)
        items[name(one)] = one
    for text in less:
        meant = [one for one in items if one == text.strip()] or [one for one in items if shown(one) == text.strip()]
        if len(meant) != 1:
            fault = "are several" if meant else "is no"
            told = ", ".join(map(shown, items)) or "none"
            hint = "give the whole address" if meant else f"there are: {told}"
            raise Refusal(f"there {fault} {what} {text!r} to take away; {hint}")
        del items[meant[0]]
    return list(items.values())


def _options(text: str, known: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the first word of a text, and the options behind it."""
    head, *rest = text.split() or [""]
    given = {part.partition("=")[0]: part.partition("=")[2] for part in rest}
    for name in given:
        if name not in known:
            raise Refusal(f"{text!r}: {name!r} is none of {', '.join(known)}")
    return head, given


def _read_quiet(text: str) -> HeuresCalmes:
    hours, given = _options(text, ("jours", "feries", "sauf"))
    debut, mark, fin = hours.partition("-")
    if not mark:
        raise Refusal(f"{text!r} are no quiet hours; write 20:00-08:00, then jours=1,2 or feries or sauf=ELEVEE")
    days = [day for day in given.get("jours", "").split(",") if day]
    if not all(day.isdecimal() for day in days):
        raise Refusal(f"{text!r}: days of the week are numbers, 1 (Monday) to 7, with commas between them")
    quiet = HeuresCalmes(debut=debut, fin=fin, jours=[int(day) for day in days], feries="feries" in given)
    return replace(quiet, sauf=_severity(given["sauf"], text)) if "sauf" in given else quiet


def _read_target(text: str) -> Destination:
    address, given = _options(text, ("severite", "langue", "escalade"))
    canal = Canal.WEBHOOK if "://" in address else Canal.EMAIL
    one = _Target(canal=canal, adresse=address.removeprefix("mailto:"), escalade="escalade" in given)
    if "severite" in given:
        one.severite = _severity(given["severite"], text)
    one.langue = given.get("langue", one.langue)
    wrong = list(_address(f"destination {text!r}", one))
    if wrong:
        raise Refusal(wrong[0])
    return Destination(**asdict(one))


def quiet_text(one: HeuresCalmes) -> str:
    """Return quiet hours as they are given."""
    parts = [f"{one.debut}-{one.fin}"]
    parts += [f"jours={','.join(map(str, one.jours))}"] if one.jours else []
    parts += ["feries"] if one.feries else []
    parts += [f"sauf={one.sauf}"] if one.sauf is not Severite.CRITIQUE else []
    return " ".join(parts)


def target_text(one: Destination) -> str:
    """Return a destination as it is given, after its channel; its address without secrets."""
    parts = [one.canal.value, shown(one.adresse)]
    parts += [f"severite={one.severite}"] if one.severite is not Severite.INFO else []
    parts += [f"langue={one.langue}"] if one.langue != "fr" else []
    parts += ["escalade"] if one.escalade else []
    return " ".join(parts)
