"""The texts of the pages, in French and English, and which of them a browser wants."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fastapi import Request

from wisebook_ml.handbook import DESCRIPTIONS
from wisebook_ml.ledger.field_names import NAMES, name_of

__all__ = ["LANGUAGES", "LANGUAGE_COOKIE", "language_of", "texts"]

LANGUAGES = ("fr", "en")
"""The first is that of who has not chosen: accountants in France."""

LANGUAGE_COOKIE = "wisebook_langue"

Texts = Mapping[str, str]


@cache
def texts(lang: str) -> Texts:
    """Return all texts of a language by their keys; with `code.<CODE>`, the titles of reasons, and `attribut.<field>`.

    Examples
    --------
    >>> texts("en")["nav.detections"], texts("fr")["code.DOUBLON"]
    ('Detections', 'Doublon probable')
    """
    told: dict[str, str] = json.loads((files(__package__) / "texts" / f"{lang}.json").read_text(encoding="utf-8"))
    codes = {f"code.{code}": description.title(lang) for code, description in DESCRIPTIONS.items()}
    return told | codes | {f"attribut.{field}": name_of(field, lang) for field in NAMES}


def language_of(request: Request) -> str:
    """Return the language that a browser has chosen, or else French."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


PLACE = re.compile(r"\{(\w+)\}")


def fill(text: str, values: Mapping[str, object]) -> str:
    """Return a text with its `{places}` filled.

    Examples
    --------
    >>> fill("Bonjour {nom}", {"nom": "Claire"})
    'Bonjour Claire'
    """
    return PLACE.sub(lambda match: str(values.get(match[1], match[0])), text)
