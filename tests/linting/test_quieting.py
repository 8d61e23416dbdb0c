"""What is told once, what another finding answers for, and what the tool makes up."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.linting.loader import load_rules
from migration_lint.linting.runner import lint
from migration_lint.linting.selection import Choice, select
from migration_lint.model import DownOrigin, Error

from .world import history

TABLES = """
create table orders (id bigint primary key, user_id bigint, note text);
create table users (id bigint primary key);
"""


def told(up: str, down: str | None = None, origin: DownOrigin = DownOrigin.WRITTEN) -> list[tuple[str, int]]:
    """(rule, line) of what counts."""
    files = {"old.sql": TABLES, "new.sql": up} | ({} if down is None else {"new.down.sql": down})
    made = history(files, {"new"})
    migrations = tuple(replace(one, down_origin=origin) if one.down else one for one in made.migrations)
    made = replace(made, migrations=migrations)
    engine = PostgresEngine("18")
    found = lint([made], engine, select(load_rules(), Choice(), engine.name)).findings
    return [(one.rule, one.span.line) for one in found if one.suppressed is None]


def test_a_lock_timeout_is_asked_for_once() -> None:
    assert told("alter table orders add a int;\nalter table users add b int;") == [
        ("missing-lock-timeout", 1)
    ]


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("create index orders_user on orders (user_id);", "create-index-blocks-writes"),
        ("alter table orders drop column note;", "drop-column"),
    ],
)
def test_a_safe_way_with_a_timeout_or_without_a_lock_answers_for_it(sql: str, rule: str) -> None:
    assert told(sql) == [(rule, 1)]


def test_the_next_statement_is_asked_then() -> None:
    sql = "create index orders_user on orders (user_id);\nalter table users add b int;"
    assert told(sql) == [("create-index-blocks-writes", 1), ("missing-lock-timeout", 2)]


def test_what_is_suppressed_answers_for_nothing() -> None:
    """A small table is no reason to queue behind a long transaction."""
    sql = "-- migration-lint: ignore[drop-column] unused since v42\nalter table orders drop column note;"
    assert told(sql) == [("missing-lock-timeout", 2)]


def test_a_suppressed_question_is_not_asked_of_the_next_statement() -> None:
    sql = (
        "-- migration-lint: ignore[missing-lock-timeout] the role has one\n"
        "alter table orders add a int;\nalter table users add b int;"
    )
    assert told(sql) == []


def test_a_block_is_told_once() -> None:
    block = "do $$ begin execute 'select 1'; end $$;\n"
    assert told(block * 3) == [("unanalysed-code", 1)]


DOWN = "drop table users;\nalter table orders alter column user_id set not null;"


def test_a_written_way_back_is_judged() -> None:
    assert ("drop-table", 1) in told("select 1;", DOWN)


def test_of_a_way_back_that_nobody_wrote_only_what_stops_the_server_is_told() -> None:
    assert told("select 1;", DOWN, DownOrigin.DERIVED) == [("set-not-null-blocks-reads", 2)]


def test_work_that_another_finding_does_away_with_is_told_once() -> None:
    sql = (
        "begin;\nset local lock_timeout = '2s';\nalter table users add a int;\n"
        "alter table orders add constraint c check (user_id > 0);\ncommit;"
    )
    assert ("add-check-blocks-reads", 4) in told(sql)
    assert "work-while-holding-lock" not in {rule for rule, _ in told(sql)}
    comment = "-- migration-lint: ignore[add-check-blocks-reads] few\n"
    meant = sql.replace("alter table orders", f"{comment}alter table orders")
    assert "work-while-holding-lock" in {rule for rule, _ in told(meant)}


def test_what_could_not_be_read_may_be_why_it_is_not_refused() -> None:
    sql = "create index orders_user on orders (user_id);"
    made = history({"old.sql": TABLES, "index.sql": sql, "new.sql": sql}, {"new"})
    engine = PostgresEngine("18")

    def found(errors: tuple[Error, ...]) -> set[str]:
        judged = lint([replace(made, errors=errors)], engine, select(load_rules(), Choice(), engine.name))
        return {finding.rule for finding in judged.findings}

    assert "refused-statement" in found(())
    assert "refused-statement" not in found((Error("index.sql", 1, "not read"),))
