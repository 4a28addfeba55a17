"""Which of the expected payments come later, where somebody says that a client pays late."""

from collections.abc import Sequence

from wisebook_ml.treasury.books.open_items import ExpectedPayment
from wisebook_ml.treasury.exceptions import ScenarioRefused
from wisebook_ml.treasury.scenarios import LatePayment

__all__ = ["EVERYONE", "late_payment"]

EVERYONE = "*"
"""Stands for all clients."""

SHOWN_CLIENTS = 8
"""Clients that are named where the one that was stated is not among them."""

NOTHING_OPEN = (
    "no client owes anything by the books: publish the company's entries (on the command line, or give --ledger), or "
    "state a flow"
)
NOTHING_OPEN_FR = (
    "d'après les livres, aucun client ne doit rien : publier les écritures de la société (en ligne de commande, ou "
    "donner --ledger), ou indiquer un flux"
)


def late_payment(client: str, jours: int, expected: Sequence[ExpectedPayment]) -> LatePayment:
    """Return the payments that come later: those of a client, by its auxiliary account or its name, or of all.

    Of all, only what is not overdue: that everything overdue is paid within the week is what nobody expects, so that
    its delay would take away what no forecast has.

    Parameters
    ----------
    client : str
        Its auxiliary account or its name; `EVERYONE` is all.
    jours : int
        How much later.
    expected : sequence of ExpectedPayment
        What open items let expect.

    Raises
    ------
    ScenarioRefused
        Where nothing is expected of it; the message names those of whom something is.
    """
    incoming = [one for one in expected if one.montant > 0]
    wanted = client.casefold()
    known = (one for one in incoming if wanted in (one.comp_aux_num.casefold(), one.comp_aux_lib.casefold()))
    payments = [one for one in incoming if not one.en_retard] if client == EVERYONE else list(known)
    if not payments:
        sums: dict[str, int] = {}
        for one in incoming:
            name = one.comp_aux_num or one.comp_aux_lib
            sums[name] = sums.get(name, 0) + one.montant
        largest = sorted(sums, key=lambda name: (-sums[name], name))[:SHOWN_CLIENTS]
        if client == EVERYONE:
            raise ScenarioRefused(
                "no payment of a client is expected but such as are overdue already; name the clients",
                "aucun paiement de client n'est attendu, hors ceux déjà en retard ; nommer les clients",
            )
        there = f"payments are expected of {', '.join(largest)}" if largest else NOTHING_OPEN
        more = f" and {len(sums) - len(largest)} others" if len(sums) > len(largest) else ""
        names = ", ".join(largest)
        there_fr = f"des paiements sont attendus de {names}" if largest else NOTHING_OPEN_FR
        more_fr = f" et de {len(sums) - len(largest)} autres" if len(sums) > len(largest) else ""
        raise ScenarioRefused(
            f"nothing is expected of client {client}: {there}{more}",
            f"rien n'est attendu du client {client} : {there_fr}{more_fr}",
        )
    return LatePayment(payments, jours)
