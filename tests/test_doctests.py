"""The examples in docstrings say what the code does."""

import doctest
import importlib
import pkgutil

import pytest

PACKAGES = (
    "schemas",
    "topics",
    "wisebook_ml.ledger",
    "wisebook_ml.habits",
    "wisebook_ml.features",
    "wisebook_ml.controls",
    "wisebook_ml.models",
    "wisebook_ml.scoring",
    "wisebook_ml.feedback",
    "wisebook_ml.messaging",
    "wisebook_ml.tuning",
    "wisebook_ml.drift",
    "wisebook_ml.windows",
    "wisebook_ml.alerting",
    "wisebook_ml.delivery",
    "wisebook_ml.tally",
    "wisebook_ml.access",
    "wisebook_ml.monitoring",
    "wisebook_ml.export",
    "wisebook_ml.pseudonyms",
    "wisebook_ml.api",
    "wisebook_ml.inference",
    "wisebook_ml.replay",
    "bench.figures",
)


def modules() -> list[str]:
    """Return the names of the packages and of all modules below them."""
    names = list(PACKAGES)
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        names += [found.name for found in pkgutil.walk_packages(path, prefix=f"{package}.")]
    return names


@pytest.mark.parametrize("name", modules())
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name), raise_on_error=False).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [found for name in modules() for found in finder.find(importlib.import_module(name)) if found.examples]
    assert len(examples) >= 20, "else they are no longer found"
