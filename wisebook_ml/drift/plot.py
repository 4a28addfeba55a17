"""What moved, before and after, as a picture: one panel for each variable."""

import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from schemas import Derive, DeriveVariable
from wisebook_ml.controls.texts import about_en, about_fr, number_en, number_fr
from wisebook_ml.drift.histogram import MISSING_BARS
from wisebook_ml.drift.variables import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_report"]

SHOWN = 12
"""Variables that are drawn, the clearest first; a change in all of them needs no picture of each."""

COLUMNS = 2
BEFORE, AFTER, GREY = "#9aa1a9", "#c46a00", "#6b7078"

WIDTH = 62
"""Characters of a line above a panel."""

TEXTS: dict[str, dict[str, Any]] = {
    "fr": {
        "title": "Modèle {}, version {}, société {} : {}",
        "drift": "dérive",
        "none": "pas de dérive",
        "nothing": "Rien n'a changé.",
        "before": "référence",
        "after": "maintenant",
        "threshold": "seuil",
        "more": "et {} autres",
        "bars": MISSING_BARS,
    },
    "en": {
        "title": "Model {}, version {}, company {}: {}",
        "drift": "drift",
        "none": "no drift",
        "nothing": "Nothing has moved.",
        "before": "reference",
        "after": "now",
        "threshold": "threshold",
        "more": "and {} more",
        "bars": ("present", "missing"),
    },
}


def draw_report(record: Derive, path: Path, *, lang: str = "fr") -> None:
    """Draw a report into a file (PNG, SVG, PDF by its ending).

    Parameters
    ----------
    record : Derive
        Of `wisebook_ml.drift.report.record_of`, or as it was read from the topic.
    path : Path
        Where to.
    lang : str
        ``"fr"`` or ``"en"``.

    Raises
    ------
    ModuleNotFoundError
        Where matplotlib is not installed; it comes with the extra `train`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    said = TEXTS[lang]
    drawn = [one for one in record.variables if one.avant]
    shown, left = drawn[:SHOWN], len(record.variables) - len(drawn[:SHOWN])
    columns = min(COLUMNS, max(len(shown), 1))
    rows = max(math.ceil(len(shown) / columns), 1)
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(5.4 * columns, 0.7 + 2.9 * rows), layout="constrained")
        verdict = said["drift" if record.derive else "none"]
        title = said["title"].format(record.modele_id, record.version, record.societe_id, verdict)
        if left > 0 and shown:
            title += f" ({said['more'].format(left)})"
        figure.suptitle(title, fontweight="bold", x=0.01, ha="left")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for panel, one in zip(panels, shown, strict=False):
            _draw(panel, one, lang)
        for panel in panels[len(shown) :]:
            panel.axis("off")
        if not shown:
            panels[0].text(0.0, 0.5, said["nothing"] if not record.derive else _sentences(record, lang), color=GREY)
        figure.savefig(path, dpi=130)


def _draw(panel: "Axes", one: DeriveVariable, lang: str) -> None:
    """Draw the shares of one variable, and say above what moved and by how much."""
    said, number = TEXTS[lang], number_fr if lang == "fr" else number_en
    sentence = (one.libelle_fr if lang == "fr" else one.libelle_en) or one.variable
    panel.set_title("\n".join(textwrap.wrap(sentence, WIDTH)), loc="left", fontsize=9)
    before, after = 100 * np.array(one.avant), 100 * np.array(one.apres)
    if one.bornes:
        edges = np.array(one.bornes)
        panel.stairs(before, edges, fill=True, color=BEFORE, alpha=0.55, label=said["before"])
        panel.stairs(after, edges, color=AFTER, lw=1.8, label=said["after"])
    else:
        places = np.arange(len(before))
        names = said["bars"] if tuple(one.valeurs) == MISSING_BARS else one.valeurs
        panel.bar(places - 0.2, before, 0.4, color=BEFORE, alpha=0.8, label=said["before"])
        panel.bar(places + 0.2, after, 0.4, color=AFTER, label=said["after"])
        panel.set_xticks(places, [textwrap.shorten(name, 14, placeholder="…") for name in names])
    panel.yaxis.set_major_formatter(lambda value, _: f"{number(value, 0)} %")
    if one.bornes:
        panel.xaxis.set_major_formatter(lambda value, _: _told(value, one, lang))
    measured = f"{one.mesure} {number(one.valeur, 2)} ({said['threshold']} {number(one.seuil, 2)})"
    panel.set_xlabel(f"{one.variable} · {measured}", fontsize=8, color=GREY)
    panel.legend(frameon=False, fontsize=8)


def _told(value: float, one: DeriveVariable, lang: str) -> str:
    """Return a value on the axis of a variable as people say it."""
    number, about = (number_fr, about_fr) if lang == "fr" else (number_en, about_en)
    span = one.bornes[-1] - one.bornes[0]
    match one.echelle:
        case Scale.LOG10_CENTS:
            return about(round(10.0 ** min(value, 15.0)))
        case Scale.SHARE:
            return f"{number(100 * value, 0)} %"
        case Scale.LOG2 | Scale.LOG2_AFTER_ONE:
            return number(2.0 ** min(value, 60.0) - (one.echelle == Scale.LOG2_AFTER_ONE), 1)
    return number(value, 0 if span >= 10 else 1 if span >= 2 else 2)


def _sentences(record: Derive, lang: str) -> str:
    told = (one.libelle_fr if lang == "fr" else one.libelle_en for one in record.variables)
    return "\n".join(textwrap.fill(one, 2 * WIDTH) for one in told)
