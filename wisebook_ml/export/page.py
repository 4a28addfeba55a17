"""A report as a page that prints well; every text in it is escaped, and it loads nothing."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from wisebook_ml.export.report import Report

__all__ = ["page_of"]


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("wisebook_ml.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("rapport.html.j2")


def page_of(report: Report) -> str:
    """Return a report as HTML."""
    return _template().render(report=report)
