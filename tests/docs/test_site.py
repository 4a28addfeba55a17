"""The documentation holds together: every page is in the menu, every link and anchor leads somewhere, examples fit.

Without MkDocs, which lives in an environment of its own; ``make docs`` asks the same of the built site.
"""

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

import schemas
import topics

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [ROOT / "README.md", *PAGES]

LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
ANCHOR = re.compile(r'<a id="([^"]+)">')
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
EXAMPLE = re.compile(
    r'^```json title="(?P<topic>[a-z-]+): (?P<record>\w+)"\n(?P<text>.*?)^```', re.MULTILINE | re.DOTALL
)
MENTION = re.compile(r"\]\(([\w/-]+\.md)")

HOOKS = runpy.run_path(str(DOCS / "hooks.py"))


def test_every_package_is_in_the_picture_of_the_layers() -> None:
    shown = set(re.findall(r"\w+", " ".join(re.findall(r">([^<]+)</text>", (DOCS / "layers.svg").read_text("utf-8")))))
    assert {path.parent.name for path in (ROOT / "wisebook_ml").glob("*/__init__.py")} - shown == set()


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


class Configuration(yaml.SafeLoader):
    """Reads mkdocs.yml, in which tags name functions of MkDocs' own environment."""


Configuration.add_multi_constructor("tag:yaml.org,2002:python/", lambda _, suffix, __: suffix)
CONFIGURATION = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Configuration)


def menu(entries: list[object]) -> Iterator[str]:
    """Yield the pages of a part of the menu."""
    for entry in entries:
        assert isinstance(entry, dict), f"{entry!r} has no title"
        for below in entry.values():
            yield from [below] if isinstance(below, str) else menu(below)


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub and the site make it."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    return {slug(heading) for heading in HEADING.findall(FENCE.sub("", text))} | set(ANCHOR.findall(text))


def links(path: Path) -> list[str]:
    """Return the links of a page to other files and places of this repository."""
    prose = CODE.sub("", FENCE.sub("", path.read_text("utf-8")))
    return [link for link in LINK.findall(prose) if not re.match(r"[a-z]+:", link)]


def test_every_page_is_in_the_menu_once() -> None:
    told = list(menu(CONFIGURATION["nav"]))
    missing = sorted({path.relative_to(DOCS).as_posix() for path in PAGES} - set(told))
    assert not missing, f"add to `nav` of mkdocs.yml: {', '.join(missing)}"
    gone = sorted(page for page in told if not (DOCS / page).exists())
    assert not gone, f"`nav` of mkdocs.yml names pages that do not exist: {', '.join(gone)}"
    assert len(told) == len(set(told)), "a page stands twice in `nav` of mkdocs.yml"


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_links_and_anchors_lead_somewhere(path: Path) -> None:
    broken = []
    for link in links(path):
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        if not file.exists():
            broken.append(f"{link}: there is no such file or folder")
        elif DOCS in (file, *file.parents) and not file.is_file():
            broken.append(f"{link}: a folder of docs/, of which the site shows nothing; link to a file in it")
        elif anchor and anchor not in anchors(file):
            broken.append(f"{link}: {name_of(file)} has no such heading")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_has_one_title(path: Path) -> None:
    titles = re.findall(r"^# +.+$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    assert len(titles) == 1
    assert path.read_text("utf-8").startswith(titles[0])


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_records_in_examples_are_what_their_topics_carry(path: Path) -> None:
    by_name = {topic.name: topic for topic in topics.ALL}
    for example in EXAMPLE.finditer(path.read_text("utf-8")):
        record = getattr(schemas, example["record"])
        assert record in by_name[example["topic"]].records
        told = json.loads(example["text"])
        assert set(told) <= set(record.__struct_fields__), "a field that the record does not have"
        msgspec.json.decode(example["text"], type=record)


def test_there_are_examples_for_those_who_publish() -> None:
    shown = {example["record"] for example in EXAMPLE.finditer((DOCS / "migration.md").read_text("utf-8"))}
    assert {"Ecriture", "PositionTresorerie", "DemandeEntrainement", "Avis", "Parametres", "Detection"} <= shown


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<script src="https://cdn.example.org/a.js"></script>', ["https://cdn.example.org/a.js"]),
        ("<link rel=stylesheet href=//fonts.example.org/b.css>", ["//fonts.example.org/b.css"]),
        ('<img alt="" src="http://example.org/c.png">', ["http://example.org/c.png"]),
        ('<script src="assets/a.js"></script><link rel="stylesheet" href="../b.css"><img src="c.png">', []),
        ('<a href="https://example.org/">a link that a reader may follow</a>', []),
        ('<link rel="canonical" href="https://example.org/docs/">', []),
    ],
)
def test_the_build_finds_what_a_page_would_load_from_elsewhere(html: str, expected: list[str]) -> None:
    assert HOOKS["loaded_from_elsewhere"](html) == expected


@pytest.mark.parametrize(
    ("src_uri", "markdown", "expected"),
    [
        ("a.md", "[the contract](../schemas/asyncapi.json)", "the contract (`schemas/asyncapi.json`)"),
        ("a.md", "[`schemas/json/`](../schemas/json/)", "`schemas/json`"),
        ("fr/a.md", "[guide](../api.md), ![picture](../../b.png)", "[guide](../api.md), ![picture](../../b.png)"),
        ("fr/a.md", "[code](../../schemas/codes.py)", "code (`schemas/codes.py`)"),
    ],
)
def test_links_out_of_the_pages_become_paths(src_uri: str, markdown: str, expected: str) -> None:
    assert HOOKS["with_paths"](markdown, src_uri) == expected


MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z_/*]+(?:\.py|/))(?:: \w+)?`", MAP))))
def test_the_map_names_files_that_there_are(name: str) -> None:
    assert any(list(folder.glob(name)) for folder in (ROOT, ROOT / "wisebook_ml")), f"architecture.md names {name}"


def test_diagrams_are_folded_up() -> None:
    page = "before\n\n```mermaid\nflowchart LR\n    a --> b\n```\n\nafter\n"
    shown = HOOKS["with_folded_diagrams"](page)
    assert shown.startswith('before\n\n??? note "')
    assert "\n    ```text\n    flowchart LR\n        a --> b\n    ```\n\nafter\n" in shown


def test_nothing_is_configured_that_loads_from_elsewhere() -> None:
    assert CONFIGURATION["theme"]["font"] is False
    assert "repo_url" not in CONFIGURATION, "the theme would ask its server for stars"
    assert not {"extra_javascript", "extra_css"} & set(CONFIGURATION)


SHOWN = (
    "nav.detections", "nav.alerts", "nav.treasury", "nav.statistics", "nav.models", "order.serious", "order.recent",
    "live.open", "sign_in.token", "sign_out", "severity", "score", "reasons", "entry", "detections.more", "verdict.ask",
    "verdict.CONFIRMEE", "verdict.FAUX_POSITIF", "verdict.RECLASSEE", "missed", "missed.report", "alerts.take_note",
    "alerte.OUVERTE", "alerte.ACQUITTEE", "alerte.RESOLUE", "scenario", "scenario.RETARD", "scenario.EMPRUNT",
    "scenario.INVESTISSEMENT", "scenario.FLUX", "export", "export.from", "export.to", "export.page", "statistics.codes",
)  # fmt: skip
"""Words of the dashboard that the guide for accountants explains."""


@pytest.mark.parametrize("key", SHOWN)
def test_the_french_guide_speaks_as_the_pages_do(key: str) -> None:
    told = json.loads((ROOT / "wisebook_ml/api/pages/texts/fr.json").read_text("utf-8"))[key]
    guide = " ".join((DOCS / "fr/guide.md").read_text("utf-8").split())
    assert told.replace("’", "'").casefold() in guide.casefold()


def test_french_pages_say_so() -> None:
    class Page:
        class file:
            src_uri = "fr/guide.md"

    assert HOOKS["on_post_page"]('<!doctype html><html lang="en" class="x">', page=Page).count('lang="fr"') == 1


def test_the_environment_of_the_site_is_locked() -> None:
    locked = (ROOT / "requirements/docs.txt").read_text("utf-8")
    assert "mkdocs-material==" in locked
    assert locked.count("==") <= locked.count("--hash=sha256:")
    assert "index-url" not in locked
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "-r requirements/docs.txt" in makefile
    assert "requirements/docs.in -o requirements/docs.txt" in makefile
