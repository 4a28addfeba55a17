"""What is said about a file: the closed list of findings, each with a line number and a text in two languages.

Sources: article A47 A-1 LPF; the checks of the tax authority's tester ("Test Compta Demat", DGFiP), which looks
at the format only; and what an auditor expects beyond it (entries that balance, numbers that increase).
"""

from collections import Counter
from enum import StrEnum

from msgspec import Struct

__all__ = ["LISTED_PER_CODE", "REJECTING", "Code", "Finding", "Findings"]

LISTED_PER_CODE = 1_000
"""Findings listed per code; beyond, they are only counted. A file with dots for commas has one in each line."""

QUOTED = 120
"""Characters of a raw value that a finding repeats: enough to recognise it, too few to flood a terminal."""


class Code(StrEnum):
    """What was found."""

    # The line is rejected: it cannot become a line of an entry.
    NOMBRE_CHAMPS = "NOMBRE_CHAMPS"
    LIGNE_TROP_LONGUE = "LIGNE_TROP_LONGUE"
    AVANT_ENTETE = "AVANT_ENTETE"
    JOURNAL_ILLISIBLE = "JOURNAL_ILLISIBLE"
    COMPTE_ILLISIBLE = "COMPTE_ILLISIBLE"
    DATE_ECRITURE = "DATE_ECRITURE"
    MONTANT_ILLISIBLE = "MONTANT_ILLISIBLE"
    SENS_ILLISIBLE = "SENS_ILLISIBLE"
    # The file.
    NOM_FICHIER = "NOM_FICHIER"
    ENCODAGE = "ENCODAGE"
    SEPARATEUR = "SEPARATEUR"
    SEPARATEUR_FINAL = "SEPARATEUR_FINAL"
    ENTETE_ABSENT = "ENTETE_ABSENT"
    COLONNE_MANQUANTE = "COLONNE_MANQUANTE"
    COLONNE_INCONNUE = "COLONNE_INCONNUE"
    COLONNE_EN_DOUBLE = "COLONNE_EN_DOUBLE"
    COLONNE_SUPPOSEE = "COLONNE_SUPPOSEE"
    COLONNES_ORDRE = "COLONNES_ORDRE"
    FICHIER_SANS_LIGNE = "FICHIER_SANS_LIGNE"
    FICHIER_DESEQUILIBRE = "FICHIER_DESEQUILIBRE"
    CLOTURE_INCOHERENTE = "CLOTURE_INCOHERENTE"
    NUMEROTATION_INUTILISABLE = "NUMEROTATION_INUTILISABLE"
    NUMEROTATION_REPETEE = "NUMEROTATION_REPETEE"
    # The line.
    LIGNE_VIDE = "LIGNE_VIDE"
    CARACTERE_ILLISIBLE = "CARACTERE_ILLISIBLE"
    SAUT_DANS_LIGNE = "SAUT_DANS_LIGNE"
    CHAMP_OBLIGATOIRE = "CHAMP_OBLIGATOIRE"
    COMPTE_FORMAT = "COMPTE_FORMAT"
    DEBIT_ET_CREDIT = "DEBIT_ET_CREDIT"
    MONTANT_FORMAT = "MONTANT_FORMAT"
    DATE_ILLISIBLE = "DATE_ILLISIBLE"
    DATE_FORMAT = "DATE_FORMAT"
    ANNEE = "ANNEE"
    DEVISE_ILLISIBLE = "DEVISE_ILLISIBLE"
    TEXTE_TRONQUE = "TEXTE_TRONQUE"
    # The entry; the line is its first.
    ECRITURE_DESEQUILIBREE = "ECRITURE_DESEQUILIBREE"
    ECRITURE_INCOMPLETE = "ECRITURE_INCOMPLETE"
    ECRITURE_DATES = "ECRITURE_DATES"
    ECRITURE_DATES_PIECE = "ECRITURE_DATES_PIECE"
    ECRITURE_JOURNAUX = "ECRITURE_JOURNAUX"
    ECRITURE_TROP_LONGUE = "ECRITURE_TROP_LONGUE"
    HORS_EXERCICE = "HORS_EXERCICE"
    # The journal.
    JOURNAL_LIBELLES = "JOURNAL_LIBELLES"
    NUMEROTATION_DESORDRE = "NUMEROTATION_DESORDRE"
    NUMEROTATION_TROU = "NUMEROTATION_TROU"


REJECTING = frozenset(
    {
        Code.NOMBRE_CHAMPS,
        Code.LIGNE_TROP_LONGUE,
        Code.AVANT_ENTETE,
        Code.JOURNAL_ILLISIBLE,
        Code.COMPTE_ILLISIBLE,
        Code.DATE_ECRITURE,
        Code.MONTANT_ILLISIBLE,
        Code.SENS_ILLISIBLE,
    }
)
"""Findings that cost the line. Every other one leaves the line in."""

# Code -> French and English text. {value} is quoted from the file, {column} is the column's name.
_TEXTS: dict[Code, tuple[str, str]] = {
    Code.NOMBRE_CHAMPS: (
        "{detail} champs au lieu de {expected} : ligne rejetée ; vérifier qu'elle n'est pas tronquée et que son "
        "séparateur est celui de l'en-tête",
        "{detail} fields instead of {expected}: line rejected; check that it is not cut off and uses the separator "
        "of the header",
    ),
    Code.LIGNE_TROP_LONGUE: (
        "ligne de {detail} octets (au plus {expected}) : ligne rejetée",
        "line of {detail} bytes (at most {expected}): line rejected",
    ),
    Code.AVANT_ENTETE: (
        "ligne avant l'en-tête : ligne rejetée ; l'en-tête doit être la première ligne",
        "line before the header: line rejected; the header must be the first line",
    ),
    Code.JOURNAL_ILLISIBLE: (
        "JournalCode vide ou de plus de 64 caractères : ligne rejetée",
        "JournalCode empty or over 64 characters: line rejected",
    ),
    Code.COMPTE_ILLISIBLE: (
        "CompteNum vide ou de plus de 64 caractères : ligne rejetée",
        "CompteNum empty or over 64 characters: line rejected",
    ),
    Code.DATE_ECRITURE: (
        "EcritureDate absente ou impossible : ligne rejetée ; la date doit être AAAAMMJJ",
        "EcritureDate missing or impossible: line rejected; the date must be AAAAMMJJ (year, month, day)",
    ),
    Code.MONTANT_ILLISIBLE: (
        "montant illisible dans {column} ({detail}) : ligne rejetée",
        "unreadable amount in {column} ({detail}): line rejected",
    ),
    Code.SENS_ILLISIBLE: (
        "Sens doit être D ou C, +1 ou -1 : ligne rejetée",
        "Sens must be D or C, +1 or -1: line rejected",
    ),
    Code.NOM_FICHIER: (
        "le nom du fichier doit être {{SIREN}}FEC{{AAAAMMJJ}}.txt (SIREN à 9 chiffres, date de clôture)",
        "the file must be named {{SIREN}}FEC{{AAAAMMJJ}}.txt (nine-digit SIREN, closing date)",
    ),
    Code.ENCODAGE: (
        "encodage {detail}, lu ; l'administration attend UTF-8, ISO 8859-15 ou ASCII",
        "encoding {detail}, read; the tax authority expects UTF-8, ISO 8859-15 or ASCII",
    ),
    Code.SEPARATEUR: (
        "séparateur {detail}, lu ; l'administration attend la tabulation ou le caractère |",
        "separator {detail}, read; the tax authority expects a tab or a pipe (|)",
    ),
    Code.SEPARATEUR_FINAL: (
        "séparateur en trop en fin de ligne (signalé une fois pour le fichier)",
        "superfluous separator at the end of lines (said once for the file)",
    ),
    Code.ENTETE_ABSENT: (
        "pas de ligne d'en-tête : lu dans l'ordre des 18 colonnes de l'article A47 A-1",
        "no header line: read in the order of the 18 columns of article A47 A-1",
    ),
    Code.COLONNE_MANQUANTE: ("la colonne {column} manque", "the column {column} is missing"),
    Code.COLONNE_INCONNUE: (
        "la colonne {value} n'est pas de l'article A47 A-1 ; elle est ignorée",
        "the column {value} is none of article A47 A-1; it is ignored",
    ),
    Code.COLONNE_EN_DOUBLE: (
        "la colonne {column} figure deux fois ; la première est lue",
        "the column {column} is there twice; the first one is read",
    ),
    Code.COLONNE_SUPPOSEE: (
        "la colonne {value} est prise pour {column}, dont elle a la place",
        "the column {value} is taken for {column}, whose place it has",
    ),
    Code.COLONNES_ORDRE: (
        "les colonnes ne sont pas dans l'ordre de l'article A47 A-1",
        "the columns are not in the order of article A47 A-1",
    ),
    Code.FICHIER_SANS_LIGNE: (
        "le fichier n'a pas de ligne d'écriture",
        "the file has no line of any entry",
    ),
    Code.FICHIER_DESEQUILIBRE: (
        "le fichier n'est pas équilibré : débit - crédit = {value}",
        "the file does not balance: debit - credit = {value}",
    ),
    Code.CLOTURE_INCOHERENTE: (
        "la clôture du nom de fichier ({value}) ne va pas avec les dates des écritures ({detail}) ; "
        "l'exercice est déduit des dates",
        "the closing date in the file name ({value}) does not fit the dates of the entries ({detail}); "
        "the fiscal year is taken from the dates",
    ),
    Code.NUMEROTATION_INUTILISABLE: (
        "la numérotation du journal {value} ne distingue pas les écritures ; elles sont reconstituées par date, "
        "pièce et solde progressif",
        "the numbers of journal {value} do not tell entries apart; they are put together by date, piece and "
        "running balance",
    ),
    Code.NUMEROTATION_REPETEE: (
        "des numéros servent plusieurs fois à des dates différentes ({detail} numéros, par exemple {value}) ; la "
        "date fait partie de l'identité de ces écritures",
        "numbers are used again on other dates ({detail} numbers, {value} for one); the date is part of the "
        "identity of these entries",
    ),
    Code.LIGNE_VIDE: ("ligne vide", "empty line"),
    Code.CARACTERE_ILLISIBLE: (
        "caractères illisibles ou d'un autre encodage ({detail})",
        "characters that are unreadable or in another encoding ({detail})",
    ),
    Code.SAUT_DANS_LIGNE: (
        "retour chariot à l'intérieur de la ligne, lu comme une espace",
        "carriage return inside the line, read as a space",
    ),
    Code.CHAMP_OBLIGATOIRE: ("{column} est obligatoire et vide", "{column} is mandatory and empty"),
    Code.COMPTE_FORMAT: (
        "CompteNum doit commencer par trois chiffres (plan comptable général)",
        "CompteNum must start with three digits (general chart of accounts)",
    ),
    Code.DEBIT_ET_CREDIT: (
        "débit et crédit sur la même ligne",
        "debit and credit on one line",
    ),
    Code.MONTANT_FORMAT: (
        "{column} : {detail} ; l'article veut la virgule, deux décimales et aucun séparateur de milliers",
        "{column}: {detail}; the article wants a comma, two decimals and no thousands separator",
    ),
    Code.DATE_ILLISIBLE: (
        "{column} n'est pas une date ; le champ est laissé vide",
        "{column} is not a date; the field is left empty",
    ),
    Code.DATE_FORMAT: ("{column} n'est pas au format AAAAMMJJ", "{column} is not in the format AAAAMMJJ"),
    Code.ANNEE: (
        "{column} : année hors de {expected}",
        "{column}: year outside {expected}",
    ),
    Code.DEVISE_ILLISIBLE: (
        "Montantdevise illisible ; le champ est laissé vide",
        "Montantdevise cannot be read; the field is left empty",
    ),
    Code.TEXTE_TRONQUE: (
        "{column} a plus de {expected} caractères ; la suite est coupée",
        "{column} has more than {expected} characters; the rest is cut off",
    ),
    Code.ECRITURE_DESEQUILIBREE: (
        "écriture {detail} non équilibrée : débit - crédit = {value}",
        "entry {detail} does not balance: debit - credit = {value}",
    ),
    Code.ECRITURE_INCOMPLETE: (
        "écriture {detail} gardée sans ses lignes rejetées ({value})",
        "entry {detail} kept without its rejected lines ({value})",
    ),
    Code.ECRITURE_DATES: (
        "écriture {detail} : plusieurs EcritureDate ({value}) ; la première est retenue",
        "entry {detail}: several EcritureDate ({value}); the first one counts",
    ),
    Code.ECRITURE_DATES_PIECE: (
        "écriture {detail} : plusieurs PieceDate ({value})",
        "entry {detail}: several PieceDate ({value})",
    ),
    Code.ECRITURE_JOURNAUX: (
        "le numéro {detail} n'est équilibré qu'à travers plusieurs journaux ({value})",
        "the number {detail} balances only across several journals ({value})",
    ),
    Code.ECRITURE_TROP_LONGUE: (
        "écriture {detail} de {value} lignes (au plus {expected}) ; elle est lue en plusieurs parties",
        "entry {detail} of {value} lines (at most {expected}); it is read in parts",
    ),
    Code.HORS_EXERCICE: (
        "écriture {detail} datée hors de l'exercice {expected}",
        "entry {detail} is dated outside the fiscal year {expected}",
    ),
    Code.JOURNAL_LIBELLES: (
        "le journal {detail} a plusieurs libellés ({value})",
        "journal {detail} has several names ({value})",
    ),
    Code.NUMEROTATION_DESORDRE: (
        "journal {detail} : le numéro {value} suit le numéro {expected}",
        "journal {detail}: number {value} follows number {expected}",
    ),
    Code.NUMEROTATION_TROU: (
        "numérotation ({detail}) : il manque {value} ; à justifier",
        "numbering ({detail}): {value} missing; to be justified",
    ),
}


class Finding(Struct, frozen=True, omit_defaults=True):
    """One finding; `line` counts from 1 in the file and is 0 where the finding is about the file as a whole."""

    code: Code
    line: int
    message_fr: str
    message_en: str
    column: str = ""
    value: str = ""

    def message(self, lang: str = "en") -> str:
        """Return the text in French (``"fr"``) or English."""
        return self.message_fr if lang == "fr" else self.message_en


class Findings:
    """Collects findings: all are counted, the first `LISTED_PER_CODE` of each code are kept.

    Examples
    --------
    >>> findings = Findings()
    >>> findings.add(Code.CHAMP_OBLIGATOIRE, 7, column="PieceRef")
    >>> findings.listed()[0].message("en"), findings.totals
    ('PieceRef is mandatory and empty', Counter({<Code.CHAMP_OBLIGATOIRE: 'CHAMP_OBLIGATOIRE'>: 1}))
    """

    def __init__(self) -> None:
        self.totals: Counter[Code] = Counter()
        self._listed: list[Finding] = []

    def add(
        self,
        code: Code,
        line: int = 0,
        *,
        column: str = "",
        value: str = "",
        detail: object = "",
        detail_en: object = None,
        expected: object = "",
    ) -> None:
        """Add a finding; `detail` and `expected` fill its text (`detail_en` where the languages differ)."""
        self.totals[code] += 1
        if self.totals[code] > LISTED_PER_CODE:
            return
        if len(value) > QUOTED:
            value = value[: QUOTED - 1] + "…"
        french, english = _TEXTS[code]
        self._listed.append(
            Finding(
                code=code,
                line=line,
                message_fr=french.format(column=column, value=value, detail=detail, expected=expected),
                message_en=english.format(
                    column=column,
                    value=value,
                    detail=detail if detail_en is None else detail_en,
                    expected=expected,
                ),
                column=column,
                value=value,
            )
        )

    def listed(self) -> list[Finding]:
        """Return the kept findings in the order of the file."""
        return sorted(self._listed, key=lambda finding: finding.line)
