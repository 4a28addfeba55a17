"""``manage.py ledger``: entries by hand."""

import datetime as dt
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand

from ledger import services
from ledger.models import Anomalie


class Command(BaseCommand):
    """Enters, corrects and deletes purchases, and shows what was found in them."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        actions = parser.add_subparsers(dest="action", required=True)
        enter = actions.add_parser("enter", help="a purchase")
        enter.add_argument("--societe", type=int, default=1)
        correct = actions.add_parser("correct", help="other amounts")
        correct.add_argument("ecriture", type=int)
        for one in (enter, correct):
            one.add_argument("--debit", type=Decimal, default=Decimal("120.00"))
            one.add_argument("--credit", type=Decimal, default=Decimal("120.00"))
        actions.add_parser("delete", help="an entry").add_argument("ecriture", type=int)
        actions.add_parser("show", help="what was found")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        match options["action"]:
            case "enter":
                lines = purchase(options["debit"], options["credit"])
                done = services.saisir(options["societe"], "HA", dt.date(2025, 3, 3), lines, auteur="claire")
            case "correct":
                done = services.corriger(options["ecriture"], purchase(options["debit"], options["credit"]))
            case "delete":
                done = services.supprimer(options["ecriture"])
            case _:
                for one in Anomalie.objects.order_by("societe_id", "ecriture_id"):
                    state = "ouverte" if one.ouverte else "close"
                    self.stdout.write(
                        f"écriture {one.ecriture_id} révision {one.revision} : {state}, {one.severite} {one.motif}"
                    )
                return
        self.stdout.write(f"écriture {done.pk} révision {done.revision}")


def purchase(debit: Decimal, credit: Decimal) -> list[services.Mouvement]:
    """Return the lines of a purchase."""
    return [
        services.Mouvement("606100", debit=debit, ecriture_lib="Fournitures", piece_ref="F1"),
        services.Mouvement("401000", credit=credit, ecriture_lib="Fournitures", piece_ref="F1"),
    ]
