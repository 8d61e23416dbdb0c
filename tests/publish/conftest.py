"""A service of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .service import Service, serving
from .world import changed


@pytest.fixture
def service() -> Iterator[Service]:
    """GitHub with pull request 1, which adds one migration. What was asked of it was well-formed."""
    with serving() as running:
        running.pulls[1].files = [changed()]
        yield running
        assert running.complaints == []
