"""The command line: one file a command, loaded only when it is called."""

from importlib import import_module

import click

from wisebook_ml import __version__
from wisebook_ml.settings import SettingsError

__all__ = ["main"]

COMMANDS = {
    "alerts": "wisebook_ml.cli.alerts:alerts",
    "api": "wisebook_ml.cli.api:api",
    "compile": "wisebook_ml.cli.compile:compile_",
    "controls": "wisebook_ml.cli.controls:controls",
    "demo": "wisebook_ml.cli.demo:demo",
    "doctor": "wisebook_ml.cli.doctor:doctor",
    "drift": "wisebook_ml.cli.drift:drift",
    "export": "wisebook_ml.cli.export:export",
    "fec": "wisebook_ml.cli.fec:fec",
    "feedback": "wisebook_ml.cli.feedback:feedback",
    "generate": "wisebook_ml.cli.generate:generate",
    "kafka": "wisebook_ml.cli.kafka:kafka",
    "models": "wisebook_ml.cli.models:models",
    "pseudonyms": "wisebook_ml.cli.pseudonyms:pseudonyms",
    "publish": "wisebook_ml.cli.publish:publish",
    "purge": "wisebook_ml.cli.purge:purge",
    "replay": "wisebook_ml.cli.replay:replay",
    "restore": "wisebook_ml.cli.restore:restore",
    "score": "wisebook_ml.cli.score:score",
    "settings": "wisebook_ml.cli.settings:settings",
    "statistics": "wisebook_ml.cli.statistics:statistics",
    "timers": "wisebook_ml.cli.timers:timers",
    "tokens": "wisebook_ml.cli.tokens:tokens",
    "topics": "wisebook_ml.cli.topics:topics",
    "train": "wisebook_ml.cli.train:train",
    "treasury": "wisebook_ml.cli.treasury:treasury",
    "worker": "wisebook_ml.cli.worker:worker",
    "workers": "wisebook_ml.cli.workers:workers",
}
"""Each command and where it is: `wisebook-ml fec` need not wait for Faust to be imported."""


class _LazyGroup(click.Group):
    """Imports a command when it is asked for."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        try:
            command = getattr(import_module(module), name)
        except ValueError as error:  # the topics are declared as the environment says (WISEBOOK_ML_PARTITIONS)
            raise click.ClickException(str(error)) from error
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wisebook-ml")
def main() -> None:
    """Score journal entries in a Kafka stream, and explain what is wrong with them."""
