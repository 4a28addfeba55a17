"""Entries for very many companies: valid and balanced, made to touch every account of every company three times.

Each company has 100 accounts, 4 journals, 12 third parties, 3 authors and 75 entries of 4 lines: entry number `k` uses
the four accounts from `4 k` on (modulo 100), so that 300 lines meet 100 accounts three times each. Amounts, dates,
labels, document references and numbers differ from entry to entry, as they do in books.
"""

from collections.abc import Iterator

from bench.preload import Record

__all__ = ["ACCOUNTS", "ENTRIES", "LINES", "companies_for", "entries_of", "unbalanced"]

ACCOUNTS, ENTRIES, LINES = 100, 75, 4
"""Of each company: accounts, entries, and lines of each entry."""

JOURNALS = (("AC", "Achats"), ("VE", "Ventes"), ("BQ", "Banque"), ("OD", "Divers"))
PARTIES, AUTHORS = 12, 3
CLASSES = ("60", "70", "51", "40", "41", "44", "62", "21", "64", "47")

CE_TYPE = b"fr.wisebook.ecriture.v1"
HEADERS = (("ce_specversion", b"1.0"), ("ce_source", b"wisebook/bench"), ("ce_type", CE_TYPE))
"""Of every entry; its id and time follow."""


def companies_for(pairs: int) -> int:
    """Return how many companies have so many (company, account) pairs."""
    return max(1, pairs // ACCOUNTS)


def entries_of(first: int, last: int) -> Iterator[Record]:
    """Yield the entries of companies ``first`` to ``last - 1``, taking turns."""
    for number in range(ENTRIES):
        for societe in range(first, last):
            yield _entry(societe, number)


def unbalanced(societe: int, name: str) -> Record:
    """Return an entry that is surely detected: its debit has no credit."""
    return _record(societe, f"{name}-{societe}", ENTRIES, [("47100000", "", 123_456)])


def _entry(societe: int, number: int) -> Record:
    amount = 1_000 + (societe * 7919 + number * 104_729) % 900_000
    accounts = [account(LINES * number + k) for k in range(LINES)]
    party = f"T{(societe + number) % PARTIES:05d}"
    parts = [amount // 2, amount - amount // 2, -(amount // 3), amount // 3 - amount]
    lines = [(accounts[k], party if k == 0 else "", parts[k]) for k in range(LINES)]
    return _record(societe, f"S{societe}-{number:06d}", number, lines)


def account(number: int) -> str:
    """Return an account of the chart that all companies share."""
    place = number % ACCOUNTS
    return f"{CLASSES[place % len(CLASSES)]}{place:03d}000"


def _record(societe: int, id_: str, number: int, lines: list[tuple[str, str, int]]) -> Record:
    code, name = JOURNALS[number % len(JOURNALS)]
    month, day, hour = number % 12 + 1, number % 28 + 1, 8 + number % 10
    written = ",".join(
        f'{{"compte_num":"{compte}","compte_lib":"Compte {compte}"'
        + (f',"comp_aux_num":"{party}","comp_aux_lib":"Tiers {party}"' if party else "")
        + f',"piece_ref":"P{societe}-{number}","piece_date":"2024-{month:02d}-{day:02d}"'
        f',"ecriture_lib":"Facture {number} du mois {month}"'
        f',"debit":"{_euros(max(cents, 0))}","credit":"{_euros(max(-cents, 0))}"}}'
        for compte, party, cents in lines
    )
    value = (
        f'{{"societe_id":{societe},"ecriture_id":"{id_}","exercice":"2024","journal_code":"{code}"'
        f',"journal_lib":"{name}","ecriture_num":"{number + 1}","ecriture_date":"2024-{month:02d}-{day:02d}"'
        f',"saisie_par":"auteur{number % AUTHORS}","saisie_le":"2024-{month:02d}-{day:02d}T{hour:02d}:15:00+01:00"'
        f',"origine":"MANUELLE","lignes":[{written}]}}'
    )
    time = f"2024-{month:02d}-{day:02d}T{hour:02d}:15:00+01:00".encode()
    headers = (*HEADERS, ("ce_id", f"{societe}/{id_}/1".encode()), ("ce_time", time))
    return Record(str(societe).encode(), value.encode(), headers, len(lines))


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
