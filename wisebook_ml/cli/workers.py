"""``wisebook-ml workers``: the processes, as they report themselves."""

import click
import msgspec
from rich.table import Table

from schemas import Travailleur
from wisebook_ml.cli.failures import saying
from wisebook_ml.cli.show import plain_console
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.monitoring.reports import is_stale, read_reports
from wisebook_ml.settings import get_settings

__all__ = ["workers"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line a process.")
def workers(as_json: bool) -> None:
    """List the processes, whether they are ready and how far behind: what they said of themselves last.

    Who was killed is listed as gone for up to an hour; who has stopped is not listed.
    """
    settings = get_settings()
    now = utc_now()
    with saying(ConnectError, ReadError):
        found = read_reports(reach_broker(settings), settings.topic_prefix, now)
    if as_json:
        for one in found:
            click.echo(msgspec.json.encode({**msgspec.to_builtins(one), "perdu": is_stale(one, now)}).decode())
        return
    if not found:
        click.echo("no process reports itself: start workers with `wisebook-ml worker ROLE`", err=True)
        return
    table = Table()
    for title in ("Role", "Host", "Process", "State", "Partitions", "Lag", "Last commit", "Version", "Metrics"):
        table.add_column(title)
    for one in found:
        state = "gone" if is_stale(one, now) else "ready" if one.pret else "; ".join(one.motifs)
        committed = "–" if one.commis_le is None else f"{(now - one.commis_le).total_seconds():.0f} s ago"
        lag = str(sum(partition.retard for partition in one.partitions))
        port = "–" if one.port_metriques is None else str(one.port_metriques)
        table.add_row(one.role, one.hote, str(one.pid), state, _places(one), lag, committed, one.version, port)
    plain_console().print(table)


def _places(one: Travailleur) -> str:
    topics: dict[str, list[str]] = {}
    for partition in one.partitions:
        topics.setdefault(partition.topic, []).append(str(partition.partition))
    return "; ".join(f"{topic} {','.join(numbers)}" for topic, numbers in topics.items()) or "–"
