"""A Kafka cluster of processes on this machine: TLS on all ways, passwords or certificates to come in, rights."""

import base64
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from string import Template

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.cluster.certificates import LOOPBACK, Authority
from wisebook_ml.broker.distribution import ensure_distribution
from wisebook_ml.broker.java import QUICK_JAVA_OPTIONS, find_java, java_environment
from wisebook_ml.broker.storage import write_log_configuration
from wisebook_ml.messaging.client_log import CLIENT_LOGGER

ADMIN = "admin"
PASSWORD = "not-a-secret-of-anybody"
READY_SECONDS = 120.0
STOP_SECONDS = 60.0
ITERATIONS = 4096


class Cluster:
    """Some brokers, each of which is a controller, too.

    Parameters
    ----------
    home : Path
        Where they have their data and logs.
    brokers : int
        How many; topics have as many replicas, and take records as long as all but one of three have them.
    """

    def __init__(self, home: Path, brokers: int) -> None:
        self.home, self.brokers = home, brokers
        self.authority = Authority(home / "certificates")
        self._java, self._class_path = find_java(), ensure_distribution(None).class_path
        self._ports = {node: _free_ports(3) for node in self.nodes}
        self._cluster_id = f"w{base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip('=')[1:]}"
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Cluster":
        for node in self.nodes:
            self._prepare(node)
        for node in self.nodes:
            self.start(node)
        self._await(self.brokers)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
        for process in self._processes.values():
            process.wait()

    @property
    def nodes(self) -> range:
        """The numbers of the brokers."""
        return range(1, self.brokers + 1)

    @property
    def bootstrap(self) -> str:
        """Addresses for clients that come with a password."""
        return self._addresses(0)

    @property
    def mutual_bootstrap(self) -> str:
        """Addresses for clients that come with a certificate."""
        return self._addresses(1)

    def environment(self, user: str, password: str = PASSWORD) -> dict[str, str]:
        """Return the variables by which a process is this user, by password."""
        return {
            "WISEBOOK_ML_BOOTSTRAP_SERVERS": self.bootstrap,
            "WISEBOOK_ML_KAFKA_SECURITY": "SASL_SSL",
            "WISEBOOK_ML_KAFKA_CA": str(self.authority.ca),
            "WISEBOOK_ML_KAFKA_USERNAME": user,
            "WISEBOOK_ML_KAFKA_PASSWORD": password,
            "WISEBOOK_ML_REPLICATION_FACTOR": str(self.brokers),
        }

    def certified(self, user: str, key_password: str = "") -> dict[str, str]:
        """Return the variables by which a process is this user, by certificate."""
        certificate, key = self.authority.issue(user, key_password)
        return {
            "WISEBOOK_ML_BOOTSTRAP_SERVERS": self.mutual_bootstrap,
            "WISEBOOK_ML_KAFKA_SECURITY": "SSL",
            "WISEBOOK_ML_KAFKA_CA": str(self.authority.ca),
            "WISEBOOK_ML_KAFKA_CERTIFICATE": str(certificate),
            "WISEBOOK_ML_KAFKA_KEY": str(key),
            "WISEBOOK_ML_KAFKA_KEY_PASSWORD": key_password,
            "WISEBOOK_ML_REPLICATION_FACTOR": str(self.brokers),
        }

    def client(self, user: str = ADMIN) -> dict[str, str]:
        """Return the configuration of a plain client that is this user."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(self.authority.ca),
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": PASSWORD,
        }

    def admin(self) -> AdminClient:
        """Return a client that may do everything."""
        return AdminClient(self.client(), logger=CLIENT_LOGGER)

    def add_users(self, *users: str) -> None:
        """Let users come in with `PASSWORD`; what they may do is another matter."""
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
        wanted = [UserScramCredentialUpsertion(user, credential, PASSWORD.encode()) for user in users]
        admin = self.admin()
        for future in admin.alter_user_scram_credentials(wanted).values():
            future.result()

    def start(self, node: int) -> None:
        """Start a broker, the first time or again."""
        folder = self._folder(node)
        command = [self._java, *QUICK_JAVA_OPTIONS, "-Dlog4j2.configurationFile=log4j2.xml"]
        command += ["-cp", self._class_path, "kafka.Kafka", "server.properties"]
        with (folder / "console.log").open("ab") as console:
            self._processes[node] = subprocess.Popen(
                command, cwd=folder, env=java_environment(), stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )

    def kill(self, node: int) -> None:
        """End a broker as a crash does."""
        process = self._processes[node]
        process.kill()
        process.wait()

    def leaders(self, topic: str) -> Mapping[int, int]:
        """Return which broker leads each partition of a topic."""
        found = self.admin().list_topics(topic, timeout=READY_SECONDS).topics[topic]
        return {partition: about.leader for partition, about in found.partitions.items()}

    def _prepare(self, node: int) -> None:
        folder = self._folder(node)
        (folder / "logs").mkdir(parents=True)
        keystore = self.authority.keystore("broker")
        password_port, mutual_port, controller_port = self._ports[node]
        template = Template((Path(__file__).parent / "server.properties").read_text())
        (folder / "server.properties").write_text(
            template.substitute(
                node=node,
                voters=",".join(f"{other}@{LOOPBACK}:{ports[2]}" for other, ports in self._ports.items()),
                password_port=password_port,
                mutual_port=mutual_port,
                controller_port=controller_port,
                keystore=keystore,
                truststore=self.authority.ca,
                replicas=self.brokers,
                in_sync=min(2, self.brokers),
            )
        )
        write_log_configuration(folder, "log4j2.xml")
        write_log_configuration(folder, "tools-log4j2.xml")
        command = [self._java, *QUICK_JAVA_OPTIONS, "-Dlog4j2.configurationFile=tools-log4j2.xml"]
        command += ["-cp", self._class_path, "kafka.tools.StorageTool", "format", "-t", self._cluster_id]
        command += ["-c", "server.properties", "--add-scram", f"SCRAM-SHA-512=[name={ADMIN},password={PASSWORD}]"]
        done = subprocess.run(command, cwd=folder, env=java_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def _await(self, brokers: int) -> None:
        client, deadline = self.admin(), time.monotonic() + READY_SECONDS
        while True:
            try:
                if len(client.list_topics(timeout=5.0).brokers) == brokers:
                    return
            except KafkaException:
                client.poll(0)
            for node, process in self._processes.items():
                assert process.poll() is None, self._log(node)
            assert time.monotonic() < deadline, self._log(1)
            time.sleep(0.2)

    def log(self) -> str:
        """Return what all brokers have logged since they were started."""
        return "\n".join((self._folder(node) / "logs/server.log").read_text(errors="replace") for node in self.nodes)

    def _log(self, node: int) -> str:
        folder = self._folder(node)
        logs = (path for path in (folder / "logs/server.log", folder / "console.log") if path.exists())
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in logs)

    def _folder(self, node: int) -> Path:
        return self.home / f"broker-{node}"

    def _addresses(self, which: int) -> str:
        return ",".join(f"{LOOPBACK}:{ports[which]}" for ports in self._ports.values())


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
