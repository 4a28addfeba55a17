"""``manage.py consume_detections``: keeps what wisebook_ml finds."""

import signal
from argparse import ArgumentParser
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from wisebook_ml_client import Undecodable, consumer_options, incoming
from wisebook_ml_client.topics import DETECTIONS

from ledger.detections import keep


class Command(BaseCommand):
    """Reads detections into the table of anomalies, until it is told to end."""

    help = __doc__
    stopping = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--until-end", action="store_true", help="end when all that is there has been read")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, keep, and only then say that it is read."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        asked = settings.WISEBOOK_ML
        consumer = Consumer(
            consumer_options(asked["BOOTSTRAP_SERVERS"], f"{asked['PREFIX']}ledger")
            | {"enable.partition.eof": options["until_end"]}
        )
        consumer.subscribe([DETECTIONS.full_name(asked["PREFIX"])])
        ended: set[int] = set()
        try:
            while not self.stopping:
                message = consumer.poll(0.5)
                if message is None:
                    continue
                error = message.error()
                if error is None:
                    self.take(message)
                    consumer.commit(message, asynchronous=False)
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                    if len(ended) == len(consumer.assignment()):
                        return
                elif not error.retriable():
                    raise KafkaException(error)
        finally:
            consumer.close()

    def take(self, message: Any) -> None:
        """Keep one record; what does not fit is told and passed over."""
        try:
            record = incoming(DETECTIONS, message)
        except Undecodable as error:
            self.stderr.write(f"detection {message.partition()}/{message.offset()} cannot be read: {error}")
            return
        with transaction.atomic():
            if keep(record):
                self.stdout.write(f"anomalie {record.key}")

    def stop(self, *_: object) -> None:
        """End after the record that is under way."""
        self.stopping = True
