"""The page of all controls, for people: `docs/controls.md`, and `docs/fr/controles.md` for accountants."""

import textwrap
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from wisebook_ml.handbook.catalogue import Check, Kind, checks
from wisebook_ml.handbook.examples import examples
from wisebook_ml.handbook.fields import named
from wisebook_ml.scoring.judge import HABITUAL_RATE, REPEATED

__all__ = ["controls_page"]

WIDTH = 120
"""Columns of a paragraph."""

HEADER_EN = f"""\
# Controls

Everything that a detection can be explained with. This page is written from the code: `make contracts` writes it anew.
`wisebook-ml controls list` and `controls explain CODE` say the same on a terminal, in French too, with a company's
settings.

A **value** from the **threshold** on makes a finding; from half of it on it is evidence, the stronger the nearer. The
**weight** is how much a full finding is believed. A company can override both.

- *required*: asked for by a regulation. No habit and no verdict excuses it, and it cannot be switched off.
- *always on*: cannot be switched off either, since a regulation asks for what is told of the whole journal; threshold
  and weight for single entries can be set.
- *rule*: a finding flags the entry by itself, whatever the alert budget, while the others share the budget. Not every
  rule is a fact of the entry: some tell that a strict habit was left (a side, a date of entry, a reference). Unless it
  is required, a rule that finds something in more than {100 * HABITUAL_RATE:g} % of a journal's entries, or more than
  {REPEATED} times about one third party, has found how the company works: there it is evidence only.
- *systemic*: told once of a whole journal where its entries are habitually so. Whether that is told follows a company's
  settings only in that the control is on or off: the share from which it is told is fixed, and an override of threshold
  and weight is for single entries.

What a control **needs** are the fields of an entry that a publisher may leave out, and without which it is switched
off: `wisebook-ml controls inputs --societe N` says which ones are off for a company, as far as its published entries
go.
"""

HEADER_FR = f"""\
# Les contrôles

Tout ce qui peut motiver une détection. Cette page est écrite d'après le programme ; `wisebook-ml controls explain CODE
--lang fr` en dit autant dans un terminal, avec les réglages d'une société. Le [guide](guide.md) explique comment lire
une détection.

À partir du **seuil**, la **valeur** mesurée fait un constat ; à partir de la moitié du seuil, c'est un indice, d'autant
plus fort qu'il en est proche. Le **poids** est la confiance que l'on accorde à un constat établi. Une société peut
changer l'un et l'autre.

- *réglementaire* : un texte l'exige. Aucune habitude et aucun avis ne l'excuse, et on ne peut le désactiver.
- *permanent* : on ne peut le désactiver non plus, car un texte exige ce qui est dit du journal entier ; le seuil et le
  poids pour une écriture se règlent.
- *règle* : un constat suffit à signaler l'écriture, quel que soit le budget d'alertes ; les autres se partagent ce
  budget. Sauf s'il est réglementaire, un contrôle qui relève plus de {100 * HABITUAL_RATE:g} % des écritures d'un
  journal, ou plus de {REPEATED} fois le même tiers, a trouvé une manière de travailler : ce n'est plus qu'un indice.
- *d'ensemble* : dit une seule fois du journal entier, quand ses écritures sont ainsi d'ordinaire.

Ce dont un contrôle **a besoin**, ce sont les zones d'une écriture qui peuvent manquer, et sans lesquelles il est
inactif.
"""

HEADERS: Mapping[str, str] = MappingProxyType({"en": HEADER_EN, "fr": HEADER_FR})

SECTIONS: Mapping[Kind, Mapping[str, str]] = MappingProxyType(
    {
        Kind.CONTROL: {"en": "Controls of each entry", "fr": "Contrôles de chaque écriture"},
        Kind.SUBJECT: {
            "en": "Findings about accounts, journals and third parties",
            "fr": "Constats sur les comptes, les journaux et les tiers",
        },
        Kind.MODEL: {"en": "Models", "fr": "Modèles"},
        Kind.TREASURY: {"en": "Treasury", "fr": "Trésorerie"},
    }
)

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "head": "| code | title | threshold | weight | | needs |",
            "required": "required",
            "always": "always on",
            "rule": "rule",
            "systemic": "systemic",
            "value": "- value: {unit}; threshold {threshold}, weight {weight}",
            "told once": "- told once of a whole journal from a share of {share} of its entries on, whatever is set",
            "counts": "- counts for: `{attribute}`",
            "needs": "- needs: {fields}",
            "source": "- source: {source}",
            "found": "Found, for example:",
            "left": "Left alone:",
        },
        "fr": {
            "head": "| code | titre | seuil | poids | | besoin de |",
            "required": "réglementaire",
            "always": "permanent",
            "rule": "règle",
            "systemic": "d'ensemble",
            "value": "- valeur : {unit} ; seuil {threshold}, poids {weight}",
            "told once": "- dit une seule fois du journal entier dès que {share} de ses écritures sont en cause, quels "
            "que soient les réglages",
            "counts": "- compte pour : `{attribute}`",
            "needs": "- a besoin de : {fields}",
            "source": "- source : {source}",
            "found": "Relevé, par exemple :",
            "left": "Laissé de côté :",
        },
    }
)


def controls_page(lang: str) -> str:
    """Return the page in a language, ``"fr"`` or ``"en"``."""
    return "\n".join(_lines(lang)) + "\n"


def _lines(lang: str) -> Iterator[str]:
    yield HEADERS[lang]
    for kind, titles in SECTIONS.items():
        found = [check for check in checks() if check.kind is kind]
        if not found:
            continue
        yield f"## {titles[lang]}\n"
        yield WORDS[lang]["head"]
        yield "|---|---|---:|---:|---|---|"
        yield from (_row(check, lang) for check in found)
        for check in found:
            yield from _section(check, lang)
        yield ""


def _row(check: Check, lang: str) -> str:
    code, needs = check.code.value, ", ".join(f"`{name}`" for name in check.description.needs)
    title = check.description.title(lang)
    cells = (f"[{code}](#{code.lower()})", title, _figure(check.threshold, lang), _figure(check.weight, lang))
    return f"| {' | '.join(cells)} | {', '.join(_marks(check, lang))} | {needs} |"


def _marks(check: Check, lang: str) -> list[str]:
    marks = {
        "required": check.required,
        "always": check.always_on and not check.required,
        "rule": check.rule,
        "systemic": check.systemic is not None,
    }
    return [WORDS[lang][name] for name, holds in marks.items() if holds]


def _section(check: Check, lang: str) -> Iterator[str]:
    about, words = check.description, WORDS[lang]
    other = f" (*{about.title_fr}*)" if lang == "en" else ""
    yield f"\n### {check.code.value}\n"
    yield _filled(f"**{about.title(lang)}**{other}. {about.about(lang)}")
    figures = {"threshold": _figure(check.threshold, lang), "weight": _figure(check.weight, lang)}
    yield "\n" + words["value"].format(unit=about.unit(lang), **figures)
    if check.systemic is not None:
        share = f"{check.systemic:g}" if lang == "en" else f"{100 * check.systemic:g} %"
        yield words["told once"].format(share=share)
    if check.attribute:
        yield words["counts"].format(attribute=check.attribute)
    if about.needs:
        fields = ", ".join(f"`{name}`" for name in about.needs) if lang == "en" else named(about.needs, lang)
        yield words["needs"].format(fields=fields)
    yield words["source"].format(source=check.source if lang == "en" else check.source_fr)
    yield from _examples(check, lang)


def _examples(check: Check, lang: str) -> Iterator[str]:
    cases = examples(check.code, lang)
    for title, told in (("found", cases.found), ("left", cases.left)):
        if told:
            yield f"\n{WORDS[lang][title]}\n"
            yield from (_filled(f"- {case}", "  ") for case in told)


def _figure(value: float, lang: str) -> str:
    return f"{value:g}" if lang == "en" else f"{value:g}".replace(".", ",")


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
