from bench.context import Context

__all__ = ["run"]


def run(context: Context) -> None: ...
