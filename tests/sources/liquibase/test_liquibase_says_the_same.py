"""Change type by change type: our SQL is that of Liquibase 4.28.0, as `record.py` recorded it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from migration_lint.model import DownOrigin, Script, TransactionMode
from migration_lint.sources.tools.liquibase.change_sets import built
from migration_lint.sources.tools.liquibase.changelog import walk
from migration_lint.sources.tools.liquibase.changelogs import Changelogs
from migration_lint.sources.tools.liquibase.files import files_of
from migration_lint.sources.tools.liquibase.filters import Filter

from .record import CHANGELOGS, CORPUS, DATABASES, RECORDED

Said = dict[str, Any]

DIFFERENT = {
    # Liquibase looks the constraint's name up in a DO block; ours is the name that the server gives it.
    "addPrimaryKey unnamed": "down",
    # Liquibase drops a constraint called null, which no server has: there is no rollback.
    "addUnique unnamed": "down",
}
"""What is meant to be otherwise, and in which script."""
REFUSED = {
    # Liquibase cuts the body in pieces, none of which a server takes.
    "sql plpgsql if",
    "sql-dollar",
    # What it does is not known before it runs.
    "executeCommand",
    "dropAllForeignKeyConstraints",
}


@cache
def _recorded(database: str) -> dict[tuple[str, str], Said]:
    lines = (RECORDED / f"{database}.jsonl").read_text(encoding="utf-8").splitlines()
    return {(one["path"], one["id"]): one for one in map(json.loads, lines)}


@cache
def _ours(database: str) -> dict[tuple[str, str], Said]:
    files = files_of(str(CORPUS), (), None)
    filter = Filter(database)
    found: dict[tuple[str, str], Said] = {}
    for changelog in CHANGELOGS:
        run = walk(Changelogs(files), [str(CORPUS / changelog)], filter, {})
        others = {one.key: one for one in run.change_sets}
        for one in run.change_sets:
            made = built(one, others, files, filter, one.key)
            migration = made.entry.migration
            found[changelog, one.id] = {
                "up": _plain(migration.up),
                "down": _plain(migration.down),
                "origin": migration.down_origin,
                "transaction": migration.up.transaction is TransactionMode.ONE,
                "errors": [error.message for error in made.errors],
            }
    return found


def _plain(script: Script | None) -> str:
    return _normal([script.sql] if script is not None else [])


def _normal(statements: list[str]) -> str:
    """One line without comments, semicolons at ends and runs of white space."""
    sql = "\n;".join(statements)
    sql = re.sub(r"'(?:[^'\\]|\\.|'')*'|--[^\n]*|/\*[^*]*\*/", lambda m: m[0] if m[0][0] == "'" else " ", sql)
    sql = re.sub(r"\s+", " ", sql)
    return re.sub(r"\s*(;\s*)+", ";", re.sub(r"\s*([,()=])\s*", r"\1", sql)).strip("; ")


NO_ANSWER = {"output"}
"""It prints, for which our way to ask Liquibase has no place."""

CASES = [
    (database, path, id) for database in DATABASES for path, id in _recorded(database) if id not in NO_ANSWER
]


@pytest.mark.parametrize(("database", "path", "id"), CASES)
def test_the_sql_is_what_liquibase_runs(database: str, path: str, id: str) -> None:
    theirs, ours = _recorded(database)[path, id], _ours(database)[path, id]
    if theirs["error"] is not None or id in REFUSED:
        assert ours["errors"]
        return
    assert ours["errors"] == [] or "unknown" in str(ours["errors"])
    assert ours["up"] == _normal(theirs["up"])
    assert ours["transaction"] == theirs["transaction"]
    if DIFFERENT.get(id) != "down":
        assert ours["down"] == _normal(theirs["down"])
        assert ours["origin"] is DownOrigin(theirs["origin"])


@pytest.mark.parametrize("database", DATABASES)
def test_no_change_set_is_left_out(database: str) -> None:
    assert set(_ours(database)) == set(_recorded(database))


def test_every_change_type_is_in_the_corpus() -> None:
    from migration_lint.sources.tools.liquibase.rendering import CHANGE_TYPES

    text = "".join((CORPUS / name).read_text(encoding="utf-8") for name in CHANGELOGS)
    commercial = {"createFunction", "createTrigger", "createPackage", "createPackageBody"}
    assert [name for name in CHANGE_TYPES if f"<{name}" not in text and name not in commercial] == []
