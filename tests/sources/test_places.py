"""In every history of ours, what stands at a statement's place in its file is the statement."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from migration_lint.engines.postgres.engine import DEFAULT_VERSION, PostgresEngine
from migration_lint.linting.walk import walk
from migration_lint.model import Step
from migration_lint.sources import load

HISTORIES = Path(__file__).parents[2] / "fixtures" / "histories"
NAMES = sorted(path.name for path in HISTORIES.iterdir())
CALLS = frozenset({"alembic", "django", "liquibase"})
"""Tools whose migrations are calls: SQL that is not written out stands at the call that it comes from."""
ADDED = frozenset({"BEGIN", "COMMIT", "SET lock_timeout = '500ms'"})
"""What tools run around the migration's own statements."""
_PLACEHOLDER = re.compile(r"\\\$\\\{.*?\\\}|\\\{\\\{.*?\\\}\\\}")
_COMMON = frozenset(
    "table column index create alter drop constraint insert into values begin commit lock_timeout".split()
)


def steps(name: str) -> Iterator[Step]:
    """The statements of the folder's history, forth and back."""
    for history in load([str(HISTORIES / name)]):
        assert history.errors == ()
        for walked in walk(history, PostgresEngine(DEFAULT_VERSION)):
            for run in walked.runs:
                assert run.outcome.errors == ()
                yield from run.outcome.steps


def plain(text: str) -> str:
    """Without escapes of XML and of strings, and with every run of blanks as one."""
    unescaped = re.sub(r"""\\(['"`\\])""", r"\1", html.unescape(text))
    return re.sub(r"\s+", " ", unescaped).strip(" ;")


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"[^\W_]{4,}", text.lower()) if word not in _COMMON}


@pytest.mark.parametrize("name", NAMES)
def test_the_statement_stands_at_its_place(name: str) -> None:
    found = list(steps(name))
    assert found
    literal = 0
    for step in found:
        if step.sql in ADDED:
            continue
        span, text = step.span, step.script.document.text
        written = plain(text[span.start : span.end])
        pattern = _PLACEHOLDER.sub(".*", re.escape(written))
        if re.fullmatch(pattern, plain(step.sql)):
            literal += 1
        elif step.tool in CALLS:
            if step.sql.startswith("CREATE TYPE"):  # comes along with the table that has it
                continue
            said = words(step.sql)
            assert not said or said & words(written), f"{span.path}:{span.line} {step.sql!r}\n{written!r}"
        else:
            pytest.fail(f"{span.path}:{span.line} {step.sql!r}\n{written!r}")
        before = text[: span.start]
        assert (span.line, span.column) == (before.count("\n") + 1, span.start - before.rfind("\n"))
    assert literal
