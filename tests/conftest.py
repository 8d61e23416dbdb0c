"""Fixtures that more than one folder of tests needs."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.server import Server

from .mariadb import MariaDB

# A change is judged by the same examples as the one before it; on a developer's machine they are new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A real PostgreSQL server, started for this session (under pytest-xdist: for this worker)."""
    with Server() as running:
        yield running


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """A new, empty database of that server."""
    created = server.create()
    yield created
    created.drop()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A real MariaDB server, started for this session (under pytest-xdist: for this worker)."""
    with MariaDB() as running:
        yield running
