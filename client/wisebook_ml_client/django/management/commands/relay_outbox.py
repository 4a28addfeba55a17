"""``manage.py relay_outbox``: publishes what waits in the outbox."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wisebook_ml_client.django import outbox
from wisebook_ml_client.outbox.command import add_options, serve

__all__ = ["Command"]


class Command(BaseCommand):
    """Publishes until it is told to end; several may run at once."""

    help = "Publishes the events of committed transactions, until it is told to end (SIGTERM, Ctrl-C)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked; the exit code is 1 where events were refused."""
        if not outbox.is_migrated():
            raise CommandError("the outbox has no table yet; run `manage.py migrate`")
        code = serve(outbox.store(), outbox.relay, options, self.stdout.write)
        if code:
            raise SystemExit(code)
