"""The command ``wisebook-ml-relay``, for databases that SQLAlchemy reaches; and what it shares with Django's.

It publishes until it is told to end (SIGTERM, Ctrl-C). With ``--once`` it publishes what waits and ends; then, as with
``--refused``, the exit code is 1 where an event had to be set aside or could not be delivered.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException

from wisebook_ml_client.access import NoAccess
from wisebook_ml_client.outbox.database import EVENTS
from wisebook_ml_client.outbox.relay import Relay
from wisebook_ml_client.outbox.store import Store

__all__ = ["add_options", "main", "serve"]

DATABASE = "WISEBOOK_ML_OUTBOX_URL"
BOOTSTRAP = "WISEBOOK_ML_BOOTSTRAP_SERVERS"
PREFIX = "WISEBOOK_ML_TOPIC_PREFIX"
OPTION = "setting of the client; NAME=@FILE reads it from a file, as it should be with passwords"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the relay can be asked to do."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--once", action="store_true", help="publish what waits, then end")
    what.add_argument("--status", action="store_true", help="say how much waits, and for how long")
    what.add_argument("--refused", action="store_true", help="list the events that were set aside, and why")
    what.add_argument("--retry", type=int, metavar="ID", help="let an event that was set aside take its turn again")
    what.add_argument("--discard", type=int, metavar="ID", help="delete an event that was set aside")


def serve(store: Store, relay: Callable[[], Relay], asked: dict[str, Any], say: Callable[[str], None]) -> int:
    """Do what was asked; returns the exit code.

    Parameters
    ----------
    store : Store
        The outbox.
    relay : callable
        Makes the relay, where one is needed.
    asked : dict
        Values of `add_options`.
    say : callable
        Takes a line for the person.
    """
    if asked.get("status"):
        waiting, milliseconds = store.waiting()
        say(f"{waiting} events wait, the oldest for {milliseconds / 1000:.0f} s; {len(store.refusals())} are set aside")
        return 0
    if asked.get("refused"):
        refusals = store.refusals()
        for one in refusals:
            say(f"{one.id} (company {one.societe_id}, {one.event}): {one.why}")
        return 1 if refusals else 0
    for name, end in (("retry", store.retry), ("discard", store.discard)):
        if asked.get(name) is not None:
            if end(asked[name]):
                return 0
            say(f"no event {asked[name]} is set aside; --refused lists those that are")
            return 1
    try:
        made = relay()
        made.require_access()
    except (NoAccess, KafkaException, ValueError) as error:
        say(f"nothing is published, and nothing is lost: {error}")
        return 1
    if asked.get("once"):
        done = made.drain()
        say(f"{done.delivered} events published, {len(done.refused)} set aside, {len(done.postponed)} companies wait")
        return 1 if done.refused or done.postponed else 0
    _run(made)
    return 0


def _run(relay: Relay) -> None:
    stop = threading.Event()
    # The work is done in a thread of its own, so that a signal is heard at once while it waits for brokers.
    worker = threading.Thread(target=relay.run, args=(stop,), name="relay")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker.start()
    while worker.is_alive():
        worker.join(0.5)


def _option(given: str) -> tuple[str, str]:
    name, value = given.split("=", 1)
    return name, Path(value[1:]).read_text("utf-8").strip() if value.startswith("@") else value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="wisebook-ml-relay", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", default=os.environ.get(DATABASE), help=f"SQLAlchemy URL (or {DATABASE})")
    parser.add_argument("--bootstrap", default=os.environ.get(BOOTSTRAP, "localhost:9092"), help=f"or {BOOTSTRAP}")
    parser.add_argument("--prefix", default=os.environ.get(PREFIX, "wisebook."), help=f"of topics (or {PREFIX})")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help=OPTION)
    add_options(parser)
    told = parser.parse_args(arguments)
    if not told.database:
        parser.error(f"name the database: --database URL, or {DATABASE} in the environment")
    if any("=" not in option for option in told.option):
        parser.error("--option takes NAME=VALUE, such as security.protocol=SASL_SSL")
    # SQLAlchemy is an extra: the command says so, rather than every module that is near.
    try:
        from sqlalchemy import create_engine, inspect
        from sqlalchemy.exc import SQLAlchemyError

        from wisebook_ml_client.outbox.sqlalchemy import store
    except ImportError:
        parser.error("install SQLAlchemy: pip install wisebook-ml-client[sqlalchemy]")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.Formatter.converter = time.gmtime
    try:
        options = dict(_option(one) for one in told.option)
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"--option: {error}")

    try:
        engine = create_engine(told.database, pool_pre_ping=True)
        if not inspect(engine).has_table(EVENTS):
            parser.error(f"there is no table {EVENTS} in the database; make it with the application's migrations")
    except (SQLAlchemyError, ImportError) as error:
        parser.error(f"the database cannot be used, see --database: {error}")
    outbox = store(engine)

    def relay() -> Relay:
        return Relay(outbox, told.bootstrap, prefix=told.prefix, options=options)

    return serve(outbox, relay, vars(told), print)


if __name__ == "__main__":
    raise SystemExit(main())
