"""Our reading of ``op.…`` calls says the same as the SQL of the installed Alembic."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import Document
from migration_lint.sources.tools.alembic.reading import single
from tests.sources.alembic_itself import HEADER, rendered
from tests.sources.same_sql import meaning

READ = Path(__file__).with_name("alembic_calls.txt").read_text(encoding="utf-8").strip().split("\n---\n")


def _ours(body: str) -> tuple[str, list[str]]:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    reading = single(Document("1.py", f"{HEADER}def upgrade():\n{indented}\n"))
    [entry] = reading.entries
    return entry.migration.up.sql, [gap.error.message for gap in reading.gaps]


@pytest.mark.parametrize("body", READ)
def test_what_is_literal_is_read_as_alembic_runs_it(body: str) -> None:
    sql, unread = _ours(body)
    assert unread == []
    assert meaning(sql) == meaning(rendered(body)), sql
