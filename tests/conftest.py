"""Fixtures that more than one folder of tests needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .server import Database, Server


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
