"""A fix, applied, does away with its finding and brings no other; a server takes what it wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import Struct
from msgspec.structs import replace

from migration_lint.engines.postgres.engine import DEFAULT_VERSION, PostgresEngine
from migration_lint.findings import Finding, Fix
from migration_lint.linting.corrections import edited
from migration_lint.linting.page import Example
from migration_lint.linting.runner import Linted, lint
from migration_lint.linting.selection import Choice, select
from migration_lint.model import Document, History, Migration, Script, TransactionMode
from migration_lint.rehearsal.database import Database

from .pages import compared, counted, examples, linted, rules
from .test_hazards import DATA, FOUND, HAZARDS, example
from .test_hazards import linted as hazard


class Fixed(Struct, frozen=True):
    """A finding with a fix, and the history that it is of."""

    name: str
    rule: str
    history: History
    fix: Fix


def _bad() -> Iterator[tuple[str, Example, Linted]]:
    """The bad SQL of every page, and of the list of hazards."""
    for case in examples("bad"):
        yield case.name, case.example, linted(case)
    for name in FOUND:
        if HAZARDS[name].get("how", {}).get("run") != "never":
            yield name, example(name, "bad"), hazard(name, "bad")


def _fixed() -> Iterator[Fixed]:
    for name, made, result in _bad():
        for finding in counted(result):
            if finding.fix is not None and made.version in (None, DEFAULT_VERSION):
                yield Fixed(name, finding.rule, made.history(), finding.fix)


FIXED = list(_fixed())


def applied(history: History, fix: Fix) -> History:
    """The history with the fix in its files."""
    return replace(history, migrations=tuple(_applied(one, fix) for one in history.migrations))


def _applied(migration: Migration, fix: Fix) -> Migration:
    edits = [edit for edit in fix.edits if edit.path == migration.path]
    text = edited(migration.up.document.text, edits)
    document = Document(migration.path, text)
    return replace(migration, up=replace(migration.up, document=document, sql=text))


def judged(history: History) -> list[Finding]:
    engine = PostgresEngine(DEFAULT_VERSION)
    result = lint([history], engine, select(rules(), Choice(), engine.name))
    assert result.errors == ()
    return counted(result)


def test_rules_whose_bad_examples_can_be_fixed() -> None:
    made = {fixed.rule for fixed in FIXED}
    assert made == {
        "create-index-blocks-writes",
        "drop-index-blocks-reads",
        "missing-lock-timeout",
        "refresh-blocks-reads",
    }


@pytest.mark.parametrize("fixed", FIXED, ids=lambda fixed: fixed.name)
def test_it_does_away_with_the_finding_and_brings_no_other(fixed: Fixed) -> None:
    before = {finding.rule for finding in judged(fixed.history)}
    after = judged(applied(fixed.history, fixed.fix))
    assert {finding.rule for finding in after} <= before - {fixed.rule}
    assert [finding.fix for finding in after if finding.rule == fixed.rule] == [], "once is enough"


@pytest.mark.parametrize("fixed", FIXED, ids=lambda fixed: fixed.name)
def test_a_server_takes_it(fixed: Fixed, database: Database) -> None:
    history = applied(fixed.history, fixed.fix)
    assert compared(database, PostgresEngine(DEFAULT_VERSION), history) == ([], None)


def fix_of(
    sql: str, tool: str = "dbmate", mode: TransactionMode = TransactionMode.EACH, prefix: str = ""
) -> Fix | None:
    """The fix of the first finding that has one."""
    given = Example("bad", sql, DATA["theatre"]).history().migrations[0]
    document = Document("new.sql", prefix + sql)
    new = Migration("new", tool, Script(document, sql, mode, offset=len(prefix)))
    history = History("", tool, (given, new), frozenset({"new"}))
    return next((finding.fix for finding in judged(history) if finding.fix is not None), None)


INDEX = "CREATE INDEX bookings_guest ON bookings (guest_id);"


@pytest.mark.parametrize(
    ("sql", "fixed"),
    [
        (INDEX, "CREATE INDEX CONCURRENTLY bookings_guest ON bookings (guest_id);"),
        ("create  index on bookings (guest_id)", "create  index concurrently on bookings (guest_id)"),
        ("DROP INDEX IF EXISTS bookings_state;", "DROP INDEX CONCURRENTLY IF EXISTS bookings_state;"),
        ("drop index bookings_state;", "drop index concurrently bookings_state;"),
        ("reindex table bookings;", "reindex table concurrently bookings;"),
        ("refresh materialized view income;", "refresh materialized view concurrently income;"),
    ],
)
def test_the_edit_is_a_word(sql: str, fixed: str) -> None:
    prefix = "-- migrate:up transaction:false\n"
    fix = fix_of(sql, prefix=prefix)
    assert fix is not None and fix.safety == "safe"
    (edit,) = fix.edits
    text = prefix + sql
    assert text[: edit.start] + edit.text + text[edit.end :] == prefix + fixed


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(f"set statement_timeout = '5s'; {INDEX}", id="a timeout would leave it invalid"),
        pytest.param(f"set lock_timeout = '2s'; {INDEX}", id="so would this one"),
        pytest.param(f"begin; set local lock_timeout = '2s'; {INDEX} commit;", id="in a transaction"),
        pytest.param("create/**/index on bookings (guest_id)", id="odd"),
        pytest.param("create index if not exists i on bookings (guest_id);", id="an invalid one would do"),
        pytest.param("set lock_timeout = '2s'; create index on visits (kind);", id="partitioned"),
    ],
)
def test_none_where_it_would_not_be_right(sql: str) -> None:
    assert fix_of(sql) is None or "lock timeout" in fix_of(sql).title  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("sql", "tool"),
    [
        pytest.param("create unique index on guests (email);", "dbmate", id="duplicates make it fail"),
        pytest.param(INDEX, "sql", id="nobody knows who opens a transaction"),
        pytest.param("alter table bookings add column note text;", "dbmate", id="a timeout makes it fail"),
    ],
)
def test_what_needs_a_look_is_unsafe(sql: str, tool: str) -> None:
    fix = fix_of(sql, tool)
    assert fix is not None and fix.safety == "unsafe"


def test_none_where_the_file_holds_it_in_another_form() -> None:
    sql = "CREATE INDEX i ON bookings (guest_id)"
    given = Example("bad", sql, DATA["theatre"]).history().migrations[0]
    document = Document("new.xml", '<createIndex tableName="bookings" indexName="i"/>')
    pieces = ((0, 0, len(document.text)),)
    new = Migration("new", "liquibase", Script(document, sql, TransactionMode.EACH, pieces=pieces))
    history = History("", "liquibase", (given, new), frozenset({"new"}))
    assert [finding.fix for finding in judged(history)] == [None]
