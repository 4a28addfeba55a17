"""``wisebook-ml compile``: what a first worker would do, ahead of it."""

import time

import click

__all__ = ["compile_"]


@click.command("compile")
def compile_() -> None:
    """Compile the scoring core for this machine, so that the first worker starts at once.

    Needed once after an installation or an update; `make` and the images do it. A worker does it otherwise.
    """
    from wisebook_ml.compiled import CACHE
    from wisebook_ml.pipeline.warm import warm_up

    started = time.perf_counter()
    warm_up()
    click.echo(f"The scoring core is compiled, in {CACHE} ({time.perf_counter() - started:.1f} s).", err=True)
