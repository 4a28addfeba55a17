"""Kafka's own command line tools, run from the cached jars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from wisebook_ml.broker.distribution import Distribution
from wisebook_ml.broker.java import QUICK_JAVA_OPTIONS
from wisebook_ml.broker.storage import write_log_configuration

__all__ = ["TOOLS", "Tool", "names_a_broker", "tool_command"]

_BOOTSTRAP = "--bootstrap-server"


class Tool(msgspec.Struct, frozen=True):
    """One of Kafka's tools.

    Parameters
    ----------
    main_class
        Its Java class.
    connects
        Whether it needs a broker's address.
    """

    main_class: str
    connects: bool = True


#: By the name of Kafka's own script, without ``kafka-`` and ``.sh``.
TOOLS: MappingProxyType[str, Tool] = MappingProxyType(
    {
        "broker-api-versions": Tool("org.apache.kafka.tools.BrokerApiVersionsCommand"),
        "configs": Tool("kafka.admin.ConfigCommand"),
        "console-consumer": Tool("org.apache.kafka.tools.consumer.ConsoleConsumer"),
        "console-producer": Tool("org.apache.kafka.tools.ConsoleProducer"),
        "consumer-groups": Tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"),
        "delete-records": Tool("org.apache.kafka.tools.DeleteRecordsCommand"),
        "dump-log": Tool("org.apache.kafka.tools.DumpLogSegments", connects=False),
        "features": Tool("org.apache.kafka.tools.FeatureCommand"),
        "get-offsets": Tool("org.apache.kafka.tools.GetOffsetShell"),
        "groups": Tool("org.apache.kafka.tools.GroupsCommand"),
        "log-dirs": Tool("org.apache.kafka.tools.LogDirsCommand"),
        "metadata-quorum": Tool("org.apache.kafka.tools.MetadataQuorumCommand"),
        "topics": Tool("org.apache.kafka.tools.TopicCommand"),
        "transactions": Tool("org.apache.kafka.tools.TransactionsCommand"),
    }
)


def names_a_broker(arguments: Sequence[str]) -> bool:
    """Tell whether the arguments already say which broker to talk to."""
    return any(part == _BOOTSTRAP or part.startswith(f"{_BOOTSTRAP}=") for part in arguments)


def tool_command(
    name: str,
    arguments: Sequence[str],
    *,
    java: str,
    distribution: Distribution,
    home: Path,
    bootstrap: str | None,
) -> list[str]:
    """Return the command that runs tool `name`.

    Parameters
    ----------
    name
        A key of `TOOLS`.
    arguments
        The tool's own arguments.
    java
        Path of Java.
    distribution
        Kafka's jars.
    home
        Home of the local broker; receives the tools' log configuration.
    bootstrap
        Address to fill in when the arguments name none.
    """
    tool = TOOLS[name]
    logging = write_log_configuration(home, "tools-log4j2.xml")
    command = [java, *QUICK_JAVA_OPTIONS, f"-Dlog4j2.configurationFile={logging.as_uri()}"]
    command += ["-cp", distribution.class_path, tool.main_class]
    if tool.connects and bootstrap is not None and not names_a_broker(arguments):
        command += [_BOOTSTRAP, bootstrap]
    return [*command, *arguments]
