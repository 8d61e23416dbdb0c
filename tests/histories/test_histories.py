"""Whole histories, as real tools write them: linted against their ``-- expect:`` comments, and run."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from migration_lint.engines.postgres.engine import DEFAULT_VERSION, PostgresEngine
from migration_lint.linting.loader import load_rules
from migration_lint.linting.runner import Linted, lint
from migration_lint.linting.selection import Choice, select
from migration_lint.model import History
from migration_lint.rehearsal.database import Database
from migration_lint.sources import load
from migration_lint.sources.source import sources

from ..rehearsal.whole import rehearse

FOLDER = Path(__file__).parents[2] / "fixtures" / "histories"
HISTORIES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
_EXPECTED = re.compile(r"(?:--|#|//)\s*expect:\s*(?P<rules>[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)\s*(?:-->)?\s*$")

Places = Counter[tuple[str, int, str]]
"""(path, line, rule) of findings."""


@cache
def _history(name: str) -> History:
    (history,) = load([str(FOLDER / name)])
    return history


@cache
def _linted(name: str) -> Linted:
    engine = PostgresEngine(DEFAULT_VERSION)
    return lint([_history(name)], engine, select(load_rules(), Choice(), engine.name))


def _expected(name: str) -> Places:
    """What the comments say."""
    places: Places = Counter()
    for document in _linted(name).documents.values():
        for number, line in enumerate(document.text.splitlines(), 1):
            found = _EXPECTED.search(line)
            for rule in re.split(r"\s*,\s*", found["rules"]) if found else ():
                places[document.path, number, rule] += 1
    return places


def _found(name: str) -> Places:
    return Counter(
        (finding.span.path, finding.span.line, finding.rule)
        for finding in _linted(name).findings
        if finding.suppressed is None
    )


@pytest.mark.parametrize("name", HISTORIES)
def test_findings_are_the_expected_ones(name: str) -> None:
    assert _linted(name).errors == ()
    assert _found(name) == _expected(name)


@pytest.mark.parametrize("name", HISTORIES)
def test_the_server_does_what_is_predicted(name: str, database: Database) -> None:
    told = []
    statements = 0
    for rehearsed in rehearse(database, PostgresEngine(database.server.version), _history(name)):
        statements += 1
        assert rehearsed.observation.error is None, f"{rehearsed.step.sql}\n{rehearsed.observation.error}"
        told += [
            f"{rehearsed.step.span.path}:{rehearsed.step.span.line} {text}" for text in rehearsed.differences
        ]
    assert told == []
    assert statements == _linted(name).statements


def test_clean_statements_outnumber_findings() -> None:
    """A linter that finds something everywhere finds nothing."""
    statements = sum(_linted(name).statements for name in HISTORIES)
    findings = sum(_found(name).total() for name in HISTORIES)
    assert 0 < findings < statements / 2


def test_there_is_a_history_of_every_tool() -> None:
    known = {source.name for source in sources()}
    assert {_history(name).tool for name in HISTORIES} == known
