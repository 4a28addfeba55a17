"""The controls the way a user of any stream processor would write them: event by event, in plain Python.

The same 24 codes as `wisebook_ml.controls`, each measured in the straightforward manner from dictionaries and running
statistics, and river's half-space trees for what no control names. It is simpler than the real core (no revisions taken
out of habits, no explanation in two languages, no calibration) and keeps what it learns in memory only.
"""

import datetime as dt
import math
import re
from collections import Counter, defaultdict, deque
from itertools import combinations
from typing import Any

import holidays
from river import anomaly, preprocessing

__all__ = ["CODES", "CompanyScorer"]

Event = dict[str, Any]
"""A decoded entry."""

LIMITS = (500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000)
RATES = (0.009, 0.0105, 0.0175, 0.021, 0.055, 0.07, 0.085, 0.10, 0.13, 0.196, 0.20)
INVOICED_VAT = ("44562", "44566", "44571", "4457")
SETTLEMENT = ("4455", "4458", "44567")
CUT_OFF = ("408", "409", "418", "419", "47", "48", "58")
GENERIC = re.compile(r"^\W*(divers|x+|test|a voir|todo|libell[eé]|nc|autres?|regul|od|op[eé]ration|\d{1,3})?\W*$", re.I)
CREDIT_NOTE = re.compile(r"\b(AV|AVOIR|ANNUL\w*|EXTOURNE|RISTOURNE|REMB\w*|REJET|IMPAYE)\b", re.I)
WATCHED = re.compile(
    r"\b(perso|g[eé]rant|a r[eé]gulariser|cadeau|confidentiel\w*|sur demande de|sur ordre|ne pas|occulte\w*|"
    r"fictifs?|fictives?|bidon|pour [eé]quilibrer|forcer|plug|sans justificatif|sans pi[eè]ce)\b",
    re.I,
)
FRENCH_HOLIDAYS = holidays.country_holidays("FR")
REFERENCE_DAYS, NEAR_DAYS, BURST_SECONDS = 400, 7, 600
ANOMALY_SCORE = 0.95
"""Score of the half-space trees from which an entry is flagged."""

THRESHOLDS = {
    "DESEQUILIBRE": 0.01,
    "DOUBLON": 0.75,
    "RUPTURE_NUMEROTATION": 2.0,
    "HORS_EXERCICE": 1.0,
    "ANTIDATEE": 2.0,
    "POSTDATEE": 1.7,
    "JOUR_NON_OUVRE": 1.7,
    "HEURE_INHABITUELLE": 2.0,
    "MONTANT_ROND": 2.0,
    "SOUS_SEUIL": 2.0,
    "MONTANT_INHABITUEL": 5.0,
    "PAIRE_RARE": 2.2,
    "COMPTE_HORS_JOURNAL": 3.0,
    "SENS_INVERSE": 1.9,
    "TIERS_INCONNU": 1.4,
    "LIBELLE_PAUVRE": 1.0,
    "PIECE_ABSENTE": 1.6,
    "TVA_TAUX": 1.0,
    "TVA_SANS_BASE": 1.0,
    "RAFALE": 2.0,
    "EXTOURNE_RAPIDE": 0.5,
    "MODIFIEE_APRES_VALIDATION": 1.0,
    "MOT_CLE": 1.0,
    "IBAN_PARTAGE": 1.0,
    "COMPTE_INHABITUEL": 2.0,
    "FEC_NON_CONFORME": 1.0,
}
CODES = tuple(THRESHOLDS)


def cents(amount: str) -> int:
    """Return an amount (a decimal with two digits) in cents.

    Examples
    --------
    >>> cents("1234.50"), cents("-0.01")
    (123450, -1)
    """
    return int(amount.replace(".", ""))


def surprise(count: float, total: float) -> float:
    """Return how surprising it is what happened `count` times in `total`: 2 is one in a hundred."""
    return max(0.0, -math.log10((count + 0.5) / (total + 1)))


class Spread:
    """Running mean and deviation of log10 amounts (Welford)."""

    __slots__ = ("count", "mean", "squares")

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, value: float) -> None:
        """Learn a value."""
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.squares += step * (value - self.mean)

    def deviation(self, value: float, least: int) -> float:
        """Return the deviation of a value in standard deviations; 0 with fewer than `least` values."""
        if self.count < least:
            return 0.0
        return abs(value - self.mean) / max(math.sqrt(self.squares / self.count), 0.1)


class CompanyScorer:
    """Scores the entries of one company in order, and learns from each.

    Parameters
    ----------
    seed : int
        Of the half-space trees.
    """

    def __init__(self, seed: int = 0) -> None:
        self.model = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=seed)
        self.entries = 0
        self.known: dict[str, tuple[int, bool, int]] = {}
        self.journals: Counter[str] = Counter()
        self.journal_lines: Counter[str] = Counter()
        self.off_days: Counter[str] = Counter()
        self.with_piece: Counter[str] = Counter()
        self.lags: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self.accounts: Counter[tuple[str, str]] = Counter()
        self.sides: Counter[tuple[str, str, bool]] = Counter()
        self.rounds: Counter[tuple[str, str, bool]] = Counter()
        self.account_lines: Counter[str] = Counter()
        self.amounts: defaultdict[tuple[str, str, bool], Spread] = defaultdict(Spread)
        self.parties: defaultdict[str, Spread] = defaultdict(Spread)
        self.debuts: Counter[str] = Counter()
        self.party_lines: Counter[str] = Counter()
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.dealings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.authors: Counter[str] = Counter()
        self.hours: Counter[tuple[str, int]] = Counter()
        self.stamps: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=64))
        self.bursts: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self.numbers: dict[tuple[str, str, str], int] = {}
        self.steps: Counter[tuple[str, str, str]] = Counter()
        self.irregular: Counter[tuple[str, str, str]] = Counter()
        self.near_limits: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=32))
        self.totals: dict[tuple[str, int], deque[tuple[int, str]]] = {}
        self.shapes: dict[tuple[tuple[str, int], ...], int] = {}
        self.holders: defaultdict[str, set[str]] = defaultdict(set)

    def score(self, entry: Event) -> Event | None:
        """Return the detection of an entry, or None where nothing is wrong with it."""
        id_, revision = entry["ecriture_id"], entry.get("revision", 1)
        before = self.known.get(id_)
        if before is not None and revision <= before[0]:
            return None
        operation = entry.get("operation", "CREATION")
        validated = operation == "VALIDATION" or entry.get("valid_date") is not None
        content = hash(
            tuple(
                (line["compte_num"], line.get("debit"), line.get("credit"), line.get("ecriture_lib"))
                for line in entry["lignes"]
            )
        )
        self.known[id_] = (revision, validated or (before is not None and before[1]), content)
        values: dict[str, float] = {}
        if before is not None:
            changed = operation == "SUPPRESSION" or content != before[2]
            values["MODIFIEE_APRES_VALIDATION"] = float(before[1] and changed)
            score = 0.0
        else:
            features = self._measure(entry, values)
            score = self.model.score_one(features)
            self.model.learn_one(features)
        fired = [code for code, value in values.items() if value >= THRESHOLDS[code]]
        if not fired and score < ANOMALY_SCORE:
            return None
        return {
            "detection_id": f"{entry['societe_id']}/{id_}",
            "societe_id": entry["societe_id"],
            "ecriture_id": id_,
            "revision": revision,
            "score": round(100 * max(score, 0.5 if fired else 0.0), 1),
            "motifs": [{"code": code, "valeur": values[code], "seuil": THRESHOLDS[code]} for code in fired],
        }

    def _measure(self, entry: Event, values: dict[str, float]) -> dict[str, float]:
        """Measure every control, learn the entry, and return the features of the model."""
        journal, lines = entry["journal_code"], entry["lignes"]
        day = dt.date.fromisoformat(entry["ecriture_date"])
        nets = [cents(line.get("debit", "0.00")) - cents(line.get("credit", "0.00")) for line in lines]
        total = sum(net for net in nets if net > 0)
        values["DESEQUILIBRE"] = abs(sum(nets)) / 100
        self._date(entry, journal, day, values)
        lag, hour = self._author(entry, journal, day, values)
        self._number(entry, journal, values)
        self._labels(lines, journal, values)
        deviation, rarest = self._lines(lines, nets, journal, values)
        self._pairs(lines, values)
        self._vat(lines, nets, values)
        self._dealings(lines, values)
        values["FEC_NON_CONFORME"] = float(any(not line["compte_num"][:3].isdigit() for line in lines))
        self._matches(entry, lines, nets, total, day.toordinal(), values)
        self._limits(lines, nets, total, day.toordinal(), values)
        self.entries += 1
        self.journals[journal] += 1
        self.journal_lines[journal] += len(lines)
        return {
            "amount": math.log10(max(total, 1)),
            "lines": float(len(lines)),
            "lag": float(lag),
            "hour": float(hour),
            "weekday": float(day.weekday()),
            "day": float(day.day),
            "deviation": deviation,
            "account": rarest,
            "pair": values["PAIRE_RARE"],
            "side": values["SENS_INVERSE"],
            "party": values["TIERS_INCONNU"],
            "round": values["MONTANT_ROND"],
        }

    def _date(self, entry: Event, journal: str, day: dt.date, values: dict[str, float]) -> None:
        year = entry.get("exercice")
        if year:
            first, _, last = year.partition("/")
            start = dt.date.fromisoformat(first) if last else dt.date(int(first), 1, 1)
            end = dt.date.fromisoformat(last) if last else dt.date(int(first), 12, 31)
            values["HORS_EXERCICE"] = float(max((start - day).days, (day - end).days, 0))
        off = day.weekday() >= 5 or day in FRENCH_HOLIDAYS
        seen = self.journals[journal]
        values["JOUR_NON_OUVRE"] = surprise(self.off_days[journal], seen) if off and seen >= 50 else 0.0
        self.off_days[journal] += off

    def _author(self, entry: Event, journal: str, day: dt.date, values: dict[str, float]) -> tuple[int, int]:
        """Measure what the time of entry tells; return the delay in days and the hour."""
        text, author = entry.get("saisie_le"), entry.get("saisie_par", "")
        if not text:
            return 0, 12
        moment = dt.datetime.fromisoformat(text)
        lag, hour = (moment.date() - day).days, moment.hour
        lags, timed = self.lags[journal], self.journals[journal]
        if timed >= 50 and (lag >= 25 or lag <= -2):
            far = sum(times for other, times in lags.items() if (other >= lag if lag > 0 else other <= lag))
            values["ANTIDATEE" if lag > 0 else "POSTDATEE"] = surprise(far, timed)
        lags[max(-60, min(60, lag))] += 1
        if entry.get("origine", "MANUELLE") == "MANUELLE" and author:
            seen = self.authors[author]
            around = sum(self.hours[author, (hour + step) % 24] for step in (-1, 0, 1))
            values["HEURE_INHABITUELLE"] = surprise(around, seen) if seen >= 50 else 0.0
            stamps, stamp = self.stamps[author], moment.timestamp()
            size = 1 + sum(0 <= stamp - other <= BURST_SECONDS for other in stamps)
            bursts = self.bursts[author]
            if size >= 8 and seen >= 50:
                values["RAFALE"] = surprise(sum(times for other, times in bursts.items() if other >= size), seen)
            stamps.append(stamp)
            bursts[size] += 1
            self.authors[author] += 1
            self.hours[author, hour] += 1
        return lag, hour

    def _number(self, entry: Event, journal: str, values: dict[str, float]) -> None:
        number = entry.get("ecriture_num", "")
        digits = re.search(r"[0-9]{1,15}$", number)
        if digits is None:
            return
        key = (journal, entry.get("exercice") or entry["ecriture_date"][:4], number[: digits.start()])
        last, value = self.numbers.get(key), int(digits[0])
        if last is not None:
            jumped = value != last + 1
            values["RUPTURE_NUMEROTATION"] = surprise(self.irregular[key], self.steps[key]) if jumped else 0.0
            self.steps[key] += 1
            self.irregular[key] += jumped
        self.numbers[key] = value

    def _labels(self, lines: list[Event], journal: str, values: dict[str, float]) -> None:
        labels = [line.get("ecriture_lib", "").strip() for line in lines]
        values["LIBELLE_PAUVRE"] = float(all(GENERIC.match(label) for label in labels))
        values["MOT_CLE"] = float(any(WATCHED.search(label) for label in labels))
        piece, seen = any(line.get("piece_ref") for line in lines), self.journals[journal]
        values["PIECE_ABSENTE"] = surprise(seen - self.with_piece[journal], seen) if not piece and seen >= 30 else 0.0
        self.with_piece[journal] += piece

    def _lines(
        self, lines: list[Event], nets: list[int], journal: str, values: dict[str, float]
    ) -> tuple[float, float]:
        """Measure amounts, sides, accounts, third parties and bank details; return the largest deviation and rarity."""
        deviation = rarest = rounded = wrong = new_party = shared = foreign = 0.0
        credit_note = any(CREDIT_NOTE.search(line.get("ecriture_lib", "")) for line in lines)
        before = self.journal_lines[journal]
        for line, net in zip(lines, nets, strict=True):
            account, amount, debit = line["compte_num"], abs(net), net > 0
            party, iban = line.get("comp_aux_num", ""), line.get("iban_empreinte", "")
            value = math.log10(max(amount, 1))
            used, side = self.accounts[journal, account], (journal, account, debit)
            on_side, spread = self.sides[side], self.amounts[side]
            if before >= 100:
                rarity = surprise(used, before)
                rarest = max(rarest, rarity)
                if used == 0:
                    foreign = max(foreign, rarity)
            if used >= 30 and net:
                wrong = max(wrong, surprise(on_side, used) * (0.5 if credit_note else 1.0))
            if amount >= 100_000 and amount % 50_000 == 0 and on_side >= 30:
                rounded = max(rounded, surprise(self.rounds[side], on_side))
            known = self.parties[party] if party else None
            if amount >= 10_000 and not account.startswith("5"):
                usual = known.deviation(value, 6) if known is not None and known.count >= 6 else 0.0
                deviation = max(deviation, usual or spread.deviation(value, 20))
            if known is not None:
                if known.count == 0 and self.party_lines[journal] >= 100:
                    new_party = max(new_party, surprise(self.debuts[journal], self.party_lines[journal]))
                self.debuts[journal] += known.count == 0
                self.party_lines[journal] += 1
                known.add(value)
            if iban and party:
                holders = self.holders[iban]
                if party not in holders:
                    shared = max(shared, float(len(holders)))
                    holders.add(party)
            self.accounts[journal, account] += 1
            self.sides[side] += 1
            self.rounds[side] += amount % 50_000 == 0
            spread.add(value)
        values["MONTANT_INHABITUEL"], values["MONTANT_ROND"] = deviation, rounded
        values["SENS_INVERSE"], values["COMPTE_HORS_JOURNAL"] = wrong, foreign
        values["TIERS_INCONNU"], values["IBAN_PARTAGE"] = new_party, shared
        return deviation, rarest

    def _pairs(self, lines: list[Event], values: dict[str, float]) -> None:
        accounts = sorted({line["compte_num"] for line in lines})
        rarest = 0.0
        if len(accounts) <= 12:
            for pair in combinations(accounts, 2):
                met = self.pairs[pair]
                if met <= 2 and self.entries >= 200:
                    least = min(self.account_lines[pair[0]], self.account_lines[pair[1]])
                    rarest = max(rarest, math.log10((least + 1) / (met + 0.5)))
                self.pairs[pair] = met + 1
        for account in accounts:
            self.account_lines[account] += 1
        values["PAIRE_RARE"] = rarest

    def _dealings(self, lines: list[Event], values: dict[str, float]) -> None:
        """Measure how surprising an account is for the entry's third party."""
        party = next((line["comp_aux_num"] for line in lines if line.get("comp_aux_num")), "")
        if not party:
            return
        dealt = self.dealings[party]
        before = sum(dealt.values())
        for line in lines:
            account = line["compte_num"]
            if account[0] in "267" and not line.get("comp_aux_num"):
                if before >= 3 and account not in dealt:
                    values["COMPTE_INHABITUEL"] = max(values.get("COMPTE_INHABITUEL", 0.0), surprise(0, before))
                dealt[account] += 1

    def _vat(self, lines: list[Event], nets: list[int], values: dict[str, float]) -> None:
        accounts = [line["compte_num"] for line in lines]
        if any(account.startswith(SETTLEMENT) or account[0] == "1" for account in accounts):
            return
        moved = [(account, abs(net)) for account, net in zip(accounts, nets, strict=True) if net]
        vats = [amount for account, amount in moved if account.startswith(INVOICED_VAT)]
        if not vats:
            return
        bases = [amount for account, amount in moved if account[0] in "267"]
        if not bases:
            taxable = any(account[0] == "3" or account.startswith(("409", "419")) for account in accounts)
            values["TVA_SANS_BASE"] = float(not taxable)
        elif len(bases) <= 6:
            sums = [sum(chosen) for size in range(1, len(bases) + 1) for chosen in combinations(bases, size)]
            fits = all(
                any(abs(vat - rate * base) <= max(2, 0.0005 * base) for base in sums for rate in RATES) for vat in vats
            )
            values["TVA_TAUX"] = float(not fits)

    def _matches(
        self, entry: Event, lines: list[Event], nets: list[int], total: int, day: int, values: dict[str, float]
    ) -> None:
        """Look for an earlier entry that this one repeats or reverses."""
        party = next((line["comp_aux_num"] for line in lines if line.get("comp_aux_num")), "")
        piece = next((line["piece_ref"] for line in lines if line.get("piece_ref")), "")
        found = 0.0
        if party or total >= 10_000:
            earlier = self.totals.setdefault((f"{entry['journal_code']}/{party}", total), deque(maxlen=6))
            if len(earlier) < 3:
                for other_day, other_piece in earlier:
                    if piece and piece == other_piece and abs(day - other_day) <= REFERENCE_DAYS:
                        found = 1.0
                    elif abs(day - other_day) <= NEAR_DAYS:
                        found = max(found, 0.4 if piece and other_piece else 0.8)
            earlier.append((day, piece))
        values["DOUBLON"] = found
        if len(lines) <= 12:
            accounts = [line["compte_num"] for line in lines]
            reverse = self.shapes.get(tuple(sorted((a, -net) for a, net in zip(accounts, nets, strict=True))))
            result = any(account[0] in "67" for account in accounts)
            cut_off = any(account.startswith(CUT_OFF) for account in accounts)
            if reverse is not None and day - reverse <= 15 and result and not cut_off:
                values["EXTOURNE_RAPIDE"] = 1.0
            self.shapes[tuple(sorted(zip(accounts, nets, strict=True)))] = day

    def _limits(self, lines: list[Event], nets: list[int], total: int, day: int, values: dict[str, float]) -> None:
        limit = next((limit for limit in LIMITS if total < limit), 0)
        if limit == 0 or total < 0.95 * limit:
            return
        bought = any(net > 0 and line["compte_num"][0] in "26" for line, net in zip(lines, nets, strict=True))
        party = next((line["comp_aux_num"] for line in lines if line.get("comp_aux_num")), "")
        if bought and party:
            days = self.near_limits[party]
            days.append(day)
            values["SOUS_SEUIL"] = float(sum(abs(day - other) <= 60 for other in days))
