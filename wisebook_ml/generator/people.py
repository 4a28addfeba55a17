"""Who types the entries, when they work, and the clock that gives every entry its time of entry."""

from __future__ import annotations

import datetime as dt
from random import Random

from msgspec import Struct

from wisebook_ml.french_time import PARIS
from wisebook_ml.generator.timeline import JOUR, is_business, next_business

__all__ = ["ROBOTS", "Auteur", "Clock", "staff"]

ROBOTS: dict[str, tuple[int, int]] = {
    "import.banque": (4, 35),
    "import.factures": (5, 10),
    "facturation.auto": (19, 10),
    "caisse.auto": (21, 40),
    "abonnements.auto": (5, 45),
    "cloture.auto": (22, 15),
}
"""The programs that post by themselves, and the local time of their runs (none between two and three, the hour
that daylight saving time skips or repeats)."""

HOUR = 3600
MIN_GAP_S = 50
"""Nobody types an entry in less: find the piece, read it, enter the lines."""
TYPING_MU, TYPING_SIGMA = 5.1, 0.55
"""Log-normal seconds between two entries of one session: the median is under three minutes."""


class Auteur(Struct):
    """A person who types entries: roles, hours (in seconds of the day), arrival and leave."""

    login: str
    nom: str
    roles: tuple[str, ...]
    debut: int
    fin: int
    arrivee: dt.date
    pause: tuple[int, int] = (int(12.3 * HOUR), int(13.5 * HOUR))
    conges: frozenset[dt.date] = frozenset()

    def works(self, day: dt.date) -> bool:
        """Whether the person is at work on a day."""
        return day >= self.arrivee and is_business(day) and day not in self.conges


def _leave(rng: Random, year: int, turn: int) -> list[dt.date]:
    """Return two weeks in summer and one in winter; colleagues take turns, so that somebody is always there."""
    summer = dt.date(year, 7, 8) + JOUR * (14 * (turn % 3) + rng.randint(0, 1))
    winter = dt.date(year, 2, 10) + JOUR * (7 * (turn % 3))
    return [summer + JOUR * i for i in range(13)] + [winter + JOUR * i for i in range(7)]


def staff(rng: Random, names: list[tuple[str, str]], start: dt.date, years: int, size: dict[str, int]) -> list[Auteur]:
    """Return the people of an accounting department.

    Parameters
    ----------
    names : list of (first name, surname)
        As many as `size` asks for, plus five: chief accountant, payroll, manager, part-time controller, and the
        one who arrives in the course of the first year.
    size : dict
        How many people type sales (``ventes``) and purchases (``achats``).
    """
    pool = iter(names)
    found: list[Auteur] = []

    def hire(roles: tuple[str, ...], debut: float, fin: float, arrivee: dt.date = dt.date.min) -> None:
        first, last = next(pool)
        calendar_years = range(start.year, start.year + years + 2)
        conges = frozenset(day for year in calendar_years for day in _leave(rng, year, len(found)))
        jitter = rng.choice((-0.5, -0.25, 0.0, 0.25, 0.5))
        found.append(
            Auteur(
                login=f"{first[0]}.{last}".lower(),
                nom=f"{first} {last}",
                roles=roles,
                debut=int((debut + jitter) * HOUR),
                fin=int((fin + jitter) * HOUR),
                arrivee=arrivee,
                conges=conges,
            )
        )

    hire(("chef", "cloture", "od", "banque"), 8.5, 18.5)
    hire(("paie",), 8.0, 16.0)
    hire(("dirigeant",), 9.0, 19.0)
    # A controller shared with other companies works in the evening: odd hours that are her habit.
    hire(("soir", "od"), 18.0, 22.0)
    for i in range(size["ventes"]):
        hire(("ventes",), 8.5 + 0.5 * (i % 2), 17.5 + 0.5 * (i % 2))
    for i in range(size["achats"]):
        hire(("achats", "banque", "notes"), 8.5 - 0.5 * (i % 2), 17.0 + 0.5 * (i % 3))
    hire(("ventes", "achats"), 9.0, 17.5, start + JOUR * rng.randint(120, 220))
    return found


class Clock:
    """Gives entries their time of entry; the only clock in the generator, and it is made up.

    A person types in sessions: each entry follows the one before by a few minutes, within working hours. Robots
    run once a day and post their entries within seconds of each other.
    """

    def __init__(self, rng: Random, auteurs: list[Auteur]) -> None:
        self._rng = rng
        self.auteurs = auteurs
        self._cursor: dict[tuple[str, dt.date], float] = {}
        self._roles: dict[str, list[Auteur]] = {}
        self._present: dict[tuple[str, dt.date], list[Auteur]] = {}
        for auteur in auteurs:
            for role in auteur.roles:
                self._roles.setdefault(role, []).append(auteur)

    def who(self, role: str, day: dt.date) -> Auteur:
        """Return somebody of a role who works on a day, or stands in for those who do not."""
        present = self._present.get((role, day))
        if present is None:
            present = [auteur for auteur in self._roles[role] if auteur.works(day)]
            present = present or [auteur for auteur in self._roles["chef"] if auteur.works(day)]
            present = self._present[role, day] = present or self._roles[role][:1]
        return present[int(self._rng.random() * len(present))]

    def person(self, auteur: Auteur, day: dt.date) -> dt.datetime:
        """Return the next moment at which somebody types, on a day or the next one with time left."""
        while True:
            if auteur.works(day):
                seconds = self._session(auteur, day)
                if seconds < auteur.fin:
                    return self.moment(day, int(seconds))
            day += JOUR

    def somebody(self, role: str, day: dt.date) -> tuple[str, dt.datetime]:
        """Return who of a role types the next entry and when: on the day, or the next one with time left."""
        while True:
            day = next_business(day)
            auteur = self.who(role, day)
            if auteur.works(day):
                seconds = self._session(auteur, day)
                if seconds < auteur.fin:
                    return auteur.login, self.moment(day, int(seconds))
            day += JOUR

    def _session(self, auteur: Auteur, day: dt.date) -> float:
        """Return the second of a day at which somebody's next entry is done, perhaps after the day's end."""
        rng = self._rng
        key = (auteur.login, day)
        seconds = self._cursor.get(key)
        if seconds is None:
            seconds = auteur.debut + (auteur.fin - auteur.debut) * 0.6 * rng.random() ** 1.3
        else:
            seconds += max(MIN_GAP_S, rng.lognormvariate(TYPING_MU, TYPING_SIGMA))
        if auteur.pause[0] <= seconds < auteur.pause[1]:
            seconds = auteur.pause[1] + rng.random() * 1200
        self._cursor[key] = seconds
        return seconds

    def robot(self, login: str, day: dt.date) -> dt.datetime:
        """Return the time of a robot's run on a day, a few seconds after its entry before."""
        hour, minute = ROBOTS[login]
        key = (login, day)
        seconds = self._cursor.get(key, hour * HOUR + minute * 60 + self._rng.randint(0, 400))
        self._cursor[key] = seconds + self._rng.random() * 1.2
        return self.moment(day, min(int(seconds), 24 * HOUR - 1))

    @staticmethod
    def moment(day: dt.date, seconds: int) -> dt.datetime:
        """Return a second of a day in Paris."""
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return dt.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=PARIS)

    def forget(self, before: dt.date) -> None:
        """Forget the sessions of days long past."""
        self._present.clear()
        self._cursor = {key: value for key, value in self._cursor.items() if key[1] >= before}
