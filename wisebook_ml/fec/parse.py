"""Turns a line of text into a typed line of an entry, or says why it cannot.

Sources: article A47 A-1 LPF; the line checks of "Test Compta Demat" (DGFiP): number of fields, mandatory fields,
CompteNum beginning with three digits, format of amounts, calendar dates, years, debit and credit on one line.
"""

import datetime as dt
from operator import itemgetter

from msgspec import Struct

from schemas import Ligne
from wisebook_ml.fec.columns import MANDATORY, Column
from wisebook_ml.fec.dialect import Dialect, split
from wisebook_ml.fec.findings import Code, Findings
from wisebook_ml.fec.values import MAX_YEAR, MIN_YEAR, Amount, Amounts, Dates, Day, devise

__all__ = ["LineParser", "Row"]

LONGEST_CODE = 64
LONGEST_PIECE = 200
LONGEST_TEXT = 2_000
"""The lengths of `schemas.Ligne` and `schemas.Ecriture`."""

LONGEST = (
    (Column.CompAuxNum, LONGEST_CODE),
    (Column.EcritureLet, LONGEST_CODE),
    (Column.Idevise, LONGEST_CODE),
    (Column.PieceRef, LONGEST_PIECE),
    (Column.EcritureLib, LONGEST_TEXT),
    (Column.CompteLib, LONGEST_TEXT),
    (Column.CompAuxLib, LONGEST_TEXT),
    (Column.JournalLib, LONGEST_TEXT),
)
"""What is cut where it is longer, in the order in which it is told."""

REMEMBERED = 200_000
"""Texts kept to share them between lines (account names, journals): bounds the memory where all differ."""

_SENS = {"D": 1, "DEBIT": 1, "+1": 1, "1": 1, "+": 1, "C": -1, "CREDIT": -1, "-1": -1, "-": -1}
_YEARS = f"{MIN_YEAR}-{MAX_YEAR}"
_ZERO = "0.00"


class Row(Struct, gc=False):
    """One accepted line: what entries are put together by, and the line as it goes into the event."""

    line: int
    """Number in the file."""
    journal: str
    journal_lib: str
    num: str
    date: dt.date
    valid: dt.date | None
    net: int
    """Debit less credit, in cents."""
    ligne: Ligne


class LineParser:
    """Parses the lines of one file.

    Parameters
    ----------
    dialect : Dialect
        How the lines are laid out.
    findings : Findings
        Where findings go.

    Attributes
    ----------
    debit, credit : int
        Totals of the accepted lines, in cents.
    rejected : int
        Number of lines rejected.
    lost : list of (int, str, str)
        Line, journal and number of the rejected lines, as far as they could be read.
    """

    def __init__(self, dialect: Dialect, findings: Findings) -> None:
        self.debit = 0
        self.credit = 0
        self.rejected = 0
        self.lost: list[tuple[int, str, str]] = []
        self._dialect = dialect
        self._findings = findings
        self._amounts = Amounts()
        self._dates = Dates()
        self._texts: dict[str, str] = {}
        self._accounts: set[str] = set()
        self._present = frozenset(
            column for column, place in zip(Column, dialect.order, strict=False) if place < dialect.width
        )
        # A file in the standard order needs no sorting of its fields.
        standard = dialect.order == tuple(range(len(dialect.order)))
        self._arrange = None if standard and dialect.width == len(dialect.order) else itemgetter(*dialect.order)
        self._said_trailing = Code.SEPARATEUR_FINAL in findings.totals

    def reject(
        self, code: Code, line: int, journal: str = "", num: str = "", *, value: str = "", **texts: object
    ) -> None:
        """Count a line as rejected and say why."""
        self.rejected += 1
        self.lost.append((line, journal, num))
        self._findings.add(code, line, value=value, detail=texts.get("detail", ""), expected=texts.get("expected", ""))

    def parse(self, line: int, text: str) -> Row | None:
        """Return the typed line, None if it had to be rejected."""
        dialect = self._dialect
        fields = split(text, dialect.separator, True) if dialect.quoted else text.split(dialect.separator)
        if len(fields) != dialect.width:
            if len(fields) != dialect.width + 1 or fields[-1].strip():
                journal, num = (
                    fields[i].strip() if i < len(fields) else "" for i in (dialect.order[0], dialect.order[2])
                )
                self.reject(
                    Code.NOMBRE_CHAMPS, line, journal, num, value=text, detail=len(fields), expected=dialect.width
                )
                return None
            if not self._said_trailing:
                self._said_trailing = True
                self._findings.add(Code.SEPARATEUR_FINAL, line)
            fields.pop()
        if self._arrange is not None:
            fields.append("")
            fields = list(self._arrange(fields))
        return self._row(line, [field.strip() for field in fields])

    def _row(self, line: int, fields: list[str]) -> Row | None:
        """Return the typed line of 18 stripped fields in the standard order."""
        (
            journal,
            journal_lib,
            num,
            date_text,
            compte,
            compte_lib,
            aux,
            aux_lib,
            piece,
            piece_date_text,
            lib,
            debit_text,
            credit_text,
            let,
            date_let_text,
            valid_text,
            devise_text,
            idevise,
        ) = fields
        amounts, dates = self._amounts, self._dates
        date = dates[date_text]
        if self._dialect.signed:
            debit, credit = self._signed(debit_text, credit_text)
        else:
            debit, credit = amounts[debit_text], amounts[credit_text]
        if (
            date.date is None
            or debit.cents is None
            or credit.cents is None
            or not 0 < len(journal) <= LONGEST_CODE
            or not 0 < len(compte) <= LONGEST_CODE
        ):
            self._refuse(line, fields, date, debit, credit)
            return None
        if debit.remark or credit.remark or (debit.cents and credit.cents):
            self._remark(line, debit, credit, debit_text, credit_text)
        if not (num and journal_lib and compte_lib and piece and piece_date_text and lib and valid_text):
            self._empty(line, fields)
        if not (debit_text or credit_text):
            self._findings.add(Code.CHAMP_OBLIGATOIRE, line, column="Debit")
        if compte not in self._accounts:
            self._account(line, compte)
        piece_date, date_let, valid = dates[piece_date_text], dates[date_let_text], dates[valid_text]
        if date.code or piece_date.code or date_let.code or valid.code:
            self._dated(line, fields, (date, piece_date, date_let, valid))
        code = max(len(num), len(aux), len(let), len(idevise))
        text = max(len(lib), len(compte_lib), len(aux_lib), len(journal_lib))
        if code > LONGEST_CODE or len(piece) > LONGEST_PIECE or text > LONGEST_TEXT:
            self._cut(line, fields)
            _, journal_lib, _, _, _, compte_lib, aux, aux_lib, piece, _, lib, _, _, let, _, _, _, idevise = fields
        self.debit += debit.cents
        self.credit += credit.cents
        if len(self._texts) >= REMEMBERED:
            self._texts.clear()
        shared = self._texts.setdefault
        return Row(
            line,
            shared(journal, journal),
            shared(journal_lib, journal_lib),
            shared(num, num),
            date.date,
            valid.date,
            debit.cents - credit.cents,
            Ligne(
                compte_num=shared(compte, compte),
                compte_lib=shared(compte_lib, compte_lib),
                comp_aux_num=shared(aux, aux),
                comp_aux_lib=shared(aux_lib, aux_lib),
                piece_ref=shared(piece, piece),
                piece_date=piece_date.date,
                ecriture_lib=shared(lib, lib),
                debit=debit.text,
                credit=credit.text,
                ecriture_let=shared(let, let),
                date_let=date_let.date,
                montant_devise=self._devise(line, devise_text, idevise) if devise_text else None,
                idevise=idevise,
            ),
        )

    def _signed(self, montant: str, sens: str) -> tuple[Amount, Amount]:
        """Return debit and credit of Montant and Sens; an unknown Sens makes the credit unreadable."""
        amount, zero = self._amounts[montant], Amount(0, _ZERO)
        side = _SENS.get(sens.upper().replace("É", "E"))
        if side is None:
            return amount, Amount(None, sens)
        return (amount, zero) if side > 0 else (zero, amount)

    def _refuse(self, line: int, fields: list[str], date: Day, debit: Amount, credit: Amount) -> None:
        """Reject a line for all the reasons there are."""
        self.rejected += 1
        self.lost.append((line, fields[Column.JournalCode], fields[Column.EcritureNum]))
        add = self._findings.add
        if not 0 < len(fields[Column.JournalCode]) <= LONGEST_CODE:
            add(Code.JOURNAL_ILLISIBLE, line, column="JournalCode", value=fields[Column.JournalCode])
        if not 0 < len(fields[Column.CompteNum]) <= LONGEST_CODE:
            add(Code.COMPTE_ILLISIBLE, line, column="CompteNum", value=fields[Column.CompteNum])
        if date.date is None:
            add(Code.DATE_ECRITURE, line, column="EcritureDate", value=fields[Column.EcritureDate])
        for column, amount in ((Column.Debit, debit), (Column.Credit, credit)):
            if amount.cents is not None:
                continue
            if amount.remark is None:
                add(Code.SENS_ILLISIBLE, line, column="Sens", value=fields[Column.Credit])
                continue
            french, english = amount.remark
            name = "Montant" if self._dialect.signed else column.name
            value = fields[Column.Debit] if self._dialect.signed else fields[column]
            add(Code.MONTANT_ILLISIBLE, line, column=name, value=value, detail=french, detail_en=english)

    def _remark(self, line: int, debit: Amount, credit: Amount, debit_text: str, credit_text: str) -> None:
        """Say what is unusual about readable amounts."""
        signed = self._dialect.signed
        for column, amount, text in (("Debit", debit, debit_text), ("Credit", credit, credit_text)):
            if amount.remark is not None:
                self._findings.add(
                    Code.MONTANT_FORMAT,
                    line,
                    column="Montant" if signed else column,
                    value=debit_text if signed else text,
                    detail=amount.remark[0],
                    detail_en=amount.remark[1],
                )
        if debit.cents and credit.cents:
            self._findings.add(Code.DEBIT_ET_CREDIT, line, value=f"{debit.text} / {credit.text}")

    def _empty(self, line: int, fields: list[str]) -> None:
        """Name the mandatory fields that are empty; a missing column has been named already."""
        for column in MANDATORY:
            if not fields[column] and column in self._present:
                self._findings.add(Code.CHAMP_OBLIGATOIRE, line, column=column.name)

    def _account(self, line: int, compte: str) -> None:
        digits = compte[:3]
        if len(digits) == 3 and digits.isascii() and digits.isdigit():
            if len(self._accounts) < REMEMBERED:
                self._accounts.add(compte)
        else:
            self._findings.add(Code.COMPTE_FORMAT, line, column="CompteNum", value=compte)

    def _dated(self, line: int, fields: list[str], days: tuple[Day, ...]) -> None:
        """Say what is wrong with dates."""
        columns = (Column.EcritureDate, Column.PieceDate, Column.DateLet, Column.ValidDate)
        for column, day in zip(columns, days, strict=True):
            if day.code is not None:
                self._findings.add(day.code, line, column=column.name, value=fields[column], expected=_YEARS)

    def _devise(self, line: int, text: str, idevise: str) -> str | None:
        """Return the foreign amount; a zero without a currency is padding."""
        value = devise(text)
        if value is None:
            self._findings.add(Code.DEVISE_ILLISIBLE, line, column="Montantdevise", value=text)
        elif not idevise and not value.strip("0."):
            return None
        return value

    def _cut(self, line: int, fields: list[str]) -> None:
        """Cut texts that are longer than the event may have them; numbers of entries are only told of."""
        num = fields[Column.EcritureNum]
        if len(num) > LONGEST_CODE:
            self._findings.add(Code.TEXTE_TRONQUE, line, column="EcritureNum", value=num, expected=LONGEST_CODE)
        for column, longest in LONGEST:
            text = fields[column]
            if len(text) > longest:
                self._findings.add(Code.TEXTE_TRONQUE, line, column=column.name, value=text, expected=longest)
                fields[column] = text[:longest]
