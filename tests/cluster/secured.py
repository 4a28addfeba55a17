"""A deployment on brokers that authenticate: each worker is its role's user, and the test is the administrator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.deployment import Deployment, Worker
from tests.cluster.cluster import ADMIN, Cluster
from topics.access import ACCESS
from wisebook_ml.settings import get_settings

USERS = "wisebook-{role}"


class SecuredDeployment(Deployment):
    """Like `Deployment`, with users.

    Parameters
    ----------
    cluster : Cluster
        The brokers.
    prefix : str
        What no other test has before its topics' names.
    home : Path
        Where its database, artefacts and logs are.
    """

    def __init__(self, cluster: Cluster, prefix: str, home: Path) -> None:
        super().__init__(cluster.bootstrap, prefix, home)
        self.cluster = cluster

    def start(self, role: str, **env: str) -> Worker:
        """Start a worker as its role's user."""
        return super().start(role, **{**self.cluster.environment(USERS.format(role=role)), **env})

    def apply(self) -> None:
        """Create the topics and users, and give these their rights."""
        self.cluster.add_users(*(USERS.format(role=access.role) for access in ACCESS))
        done = self.run("topics", "apply", "--acls", **self.cluster.environment(ADMIN))
        assert done.returncode == 0, done.stderr.decode()


@contextmanager
def secured(cluster: Cluster, home: Path) -> Iterator[SecuredDeployment]:
    """Give a deployment with its topics, users and rights, this process being the administrator."""
    one = SecuredDeployment(cluster, "secured.", home)
    one.apply()
    with acting_as(cluster.environment(ADMIN)):
        yield one
    one.close()


@contextmanager
def acting_as(variables: Mapping[str, str]) -> Iterator[None]:
    """Let the clients of this process come in with these settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        get_settings.cache_clear()
        yield
    get_settings.cache_clear()
