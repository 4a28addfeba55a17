"""Which fields each algorithm reads of a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from schemas import TypeModele
from wisebook_ml.entry_columns import ATTRIBUTES, ENTRY_COLUMNS
from wisebook_ml.features import FEATURES
from wisebook_ml.services.learnt_metric import NOISE
from wisebook_ml.services.line_keys import COLUMNS as LINE_COLUMNS
from wisebook_ml.services.risk_base import ADDED, ATTRIBUTS, PAST

__all__ = ["FIELDS", "FREE", "Field", "Kind", "names_of"]


class Kind(StrEnum):
    """What a field holds."""

    NUMBER = "nombre"
    TEXT = "texte"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a row.

    Parameters
    ----------
    nom : str
        Its name.
    type : Kind
        What it holds.
    requis : bool
        Whether a row must have it; its value may be null where it is not known.
    description : str
        For people: what it is, or which accounting attribute it is of.
    """

    nom: str
    type: Kind
    requis: bool = True
    description: str = ""


LINE_TEXTS = frozenset(
    {
        *("journal_code", "ecriture_lib", "comp_aux_num", "comp_aux_lib", "tiers_num", "tiers_lib", "autres_comptes"),
        *("compte_precedent", "compte_suivant", "autre_lib", "taux_tva", "taux_base"),
    }
)

LINE_NEEDED = frozenset({"journal_code", "ecriture_lib", "debit", "credit"})
"""What a line has on its own; without the rest it is the only one of its entry."""

LINE_SAID = {
    "autres_comptes": "accounts of the entry's other lines, each after its side, such as C401000 D445660",
    "compte_precedent": "account of the line before, after its side",
    "compte_suivant": "account of the next line, after its side",
    "taux_tva": "VAT rate of which the line is the tax: 20, 10, 8.5, 5.5 or 2.1",
    "taux_base": "VAT rate whose tax is on another line",
    "part_total": "its amount, as a share of the larger side of the entry",
}

FLOWS = (
    Field(
        "date", Kind.DATE, False, "day; without it, rows are the days after the last that is known, one after another"
    ),
    Field("entrees", Kind.NUMBER, False, "what came in, in euros; with `sorties`, or `flux` in their place"),
    Field("sorties", Kind.NUMBER, False, "what went out, in euros"),
    Field("flux", Kind.NUMBER, False, "what came in less what went out, in euros"),
    Field(
        "solde", Kind.NUMBER, False, "balance at the end of the day; with that of the last row, balances are forecast"
    ),
)

LINES = (
    *(
        Field(name, Kind.TEXT if name in LINE_TEXTS else Kind.NUMBER, name in LINE_NEEDED, LINE_SAID.get(name, ""))
        for name in LINE_COLUMNS
    ),
    Field("compte_num", Kind.TEXT, False, "account that was used, whose probability is wanted"),
)

ENTRIES = tuple(Field(name, Kind.NUMBER, True, ATTRIBUTES[name]) for name in ENTRY_COLUMNS)

FIELDS: Mapping[TypeModele, Sequence[Field]] = MappingProxyType(
    {
        TypeModele.LSTM: FLOWS,
        TypeModele.PROPHET: FLOWS,
        TypeModele.RANDOM_FOREST: LINES,
        TypeModele.XGBOOST: (
            *(Field(name, Kind.NUMBER, True, whole) for whole, names in ATTRIBUTS.items() for name in names),
            Field("client", Kind.TEXT, False, "auxiliary account of the client"),
        ),
        TypeModele.GRADIENT_BOOSTING: ENTRIES,
        TypeModele.SVM: ENTRIES,
        TypeModele.ISOLATION_FOREST: tuple(
            Field(feature.name, Kind.NUMBER, True, feature.attribute) for feature in FEATURES
        ),
        TypeModele.DBSCAN: (
            Field("client", Kind.NUMBER, True, "1: a client; 0: a supplier"),
            *(Field(name, Kind.NUMBER) for name in NOISE),
        ),
    }
)
"""By algorithm, in the order in which it reads them."""

FREE: Mapping[TypeModele, Sequence[str]] = MappingProxyType({TypeModele.XGBOOST: (ADDED, PAST)})
"""Beginnings of further names: of what a company's own invoices were learnt with."""


def names_of(type_modele: TypeModele, *, needed: bool = False) -> Sequence[str]:
    """Return the names of an algorithm's fields, or of those that a row must have.

    Examples
    --------
    >>> names_of(TypeModele.LSTM)
    ['date', 'entrees', 'sorties', 'flux', 'solde']
    """
    return [field.nom for field in FIELDS[type_modele] if field.requis or not needed]
