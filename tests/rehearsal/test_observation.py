"""The comparison sees every kind of difference, and `observe` what the experiments do not cover."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.model import Document, Script, Step, TransactionMode
from migration_lint.rehearsal.comparison import Agreement, compare, differences
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.observation import Observation
from migration_lint.rehearsal.observe import observe
from migration_lint.rehearsal.statements import Statement

SCHEMA = """
CREATE TABLE t (id int PRIMARY KEY, c int);
INSERT INTO t SELECT n, n FROM generate_series(1, 1000) n;
"""
NAMES = frozenset({"public.t", "public.u"})
REWRITE = Observation(
    relations=NAMES,
    locks={"public.t": "AccessExclusiveLock"},
    rewrites=frozenset({"public.t"}),
    index_rebuilds=frozenset({"public.t_pkey"}),
    scans=frozenset({"public.t"}),
)


def _step(sql: str, schema: str = SCHEMA) -> Step:
    engine = PostgresEngine("18")
    before = engine.read_schema(Document("schema.sql", schema)).after
    script = Script(Document("new.sql", sql), sql, TransactionMode.EACH)
    (step,) = engine.run(script, before, migration="new").steps
    return step


def test_what_agrees_has_no_differences() -> None:
    assert differences(_step("ALTER TABLE t ALTER COLUMN c TYPE bigint"), REWRITE) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"locks": {"public.t": "ShareLock"}}, "lock"),
        ({"locks": {}}, "lock"),
        ({"locks": {**REWRITE.locks, "public.u": "AccessShareLock"}}, "lock"),
        ({"rewrites": frozenset()}, "rewrite"),
        ({"rewrites": NAMES}, "rewrite"),
        ({"truncates": frozenset({"public.t"})}, "truncate"),
        ({"index_rebuilds": frozenset()}, "index rebuild"),
        ({"scans": NAMES}, "scan"),
        ({"in_transaction_ok": False}, "transaction"),
        ({"error": "42601 no"}, "refused"),
    ],
)
def test_every_difference_is_seen(change: dict[str, object], field: str) -> None:
    found = differences(_step("ALTER TABLE t ALTER COLUMN c TYPE bigint"), replace(REWRITE, **change))
    assert {difference.kind for difference in found} == {field}


def test_an_unpredicted_scan_is_seen_and_an_unseen_one_too() -> None:
    checks = _step("ALTER TABLE t ADD CONSTRAINT k CHECK (c > 0)")
    locked = Observation(relations=NAMES, locks={"public.t": "AccessExclusiveLock"})
    assert [difference.kind for difference in differences(checks, locked)] == ["scan"]
    assert differences(checks, replace(locked, scans=frozenset({"public.t"}))) == []
    # Of a table with hardly any rows nothing can be said.
    assert differences(checks, replace(locked, sparse=frozenset({"public.t"}))) == []


def test_a_materialized_view_s_locks_outside_a_transaction_may_be_missed() -> None:
    """Nothing holds the statement up there. A lock of another mode is a difference all the same."""
    builds = _step("CREATE INDEX CONCURRENTLY i ON m (c)", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS c;")
    seen = Observation(
        relations=frozenset({"public.m"}), in_transaction_ok=False, sparse=frozenset({"public.m"})
    )
    (lock,) = [fact for fact in compare(builds, seen) if fact.kind == "lock"]
    assert lock.agreement is Agreement.NOT_COMPARABLE
    assert differences(builds, seen) == []
    other = replace(seen, locks={"public.m": "ShareLock"})
    assert {difference.kind for difference in differences(builds, other)} == {"lock"}


def test_statements_of_one_transaction_add_up(database: Database) -> None:
    database.run(SCHEMA)
    statements = [
        Statement("SET LOCAL lock_timeout = '1s'"),
        Statement("SELECT 1 FROM t WHERE id = 1"),
        Statement("CREATE TABLE made (id int)"),
        Statement("ALTER TABLE t ADD COLUMN d int"),
    ]
    first, read, made, last = observe(database, statements, TransactionMode.ONE)
    assert (first.locks, read.locks, made.locks) == (
        {},
        {"public.t": "AccessShareLock"},
        {"public.t": "AccessShareLock"},
    )
    assert last.locks == {"public.t": "AccessExclusiveLock"}
    assert last.relations == frozenset({"public.t"})
    assert last.rewrites == last.scans == frozenset()


def test_what_is_kept_and_what_is_not(database: Database) -> None:
    database.run(SCHEMA)
    add = [Statement("ALTER TABLE t ADD COLUMN d int")]
    assert observe(database, add, TransactionMode.ONE, keep=False)[0].error is None
    assert observe(database, add, TransactionMode.ONE)[0].error is None
    (again,) = observe(database, [*add, Statement("SELECT 1")], TransactionMode.ONE)
    assert again.error == '42701 column "d" of relation "t" already exists'


def test_concurrently_in_a_transaction_is_refused(database: Database) -> None:
    database.run(SCHEMA)
    build = Statement("CREATE INDEX CONCURRENTLY i ON t (c)")
    (refused,) = observe(database, [build], TransactionMode.ONE)
    assert refused.error is not None
    assert not refused.in_transaction_ok
    whole = observe(database, [Statement("SELECT 1"), build], TransactionMode.NONE)
    assert whole[-1].error is not None
    (alone,) = observe(database, [build], TransactionMode.NONE)
    assert alone.error is None
    assert alone.locks == {"public.t": "ShareUpdateExclusiveLock"}
    assert alone.scans == frozenset({"public.t"})
    assert not alone.in_transaction_ok


def test_a_session_s_timeout_outlives_the_waiting(database: Database) -> None:
    """While it is watched a statement waits for us; its own lock_timeout must not stop it then."""
    database.run(SCHEMA)
    statements = [
        Statement("SET lock_timeout = '1ms'"),
        Statement("CREATE INDEX CONCURRENTLY i ON t (c)"),
        Statement("DO $$ BEGIN ASSERT current_setting('lock_timeout') = '1ms'; END $$"),
    ]
    assert [each.error for each in observe(database, statements, TransactionMode.EACH)] == [None] * 3


def test_rows_that_follow_copy(database: Database) -> None:
    database.run("CREATE TABLE t (id int, c int)")
    copy = Statement("COPY t FROM stdin", "1\t2\n3\t4\n")
    (copied,) = observe(database, [copy], TransactionMode.EACH)
    assert copied.locks == {"public.t": "RowExclusiveLock"}
    assert database.connect().execute("SELECT sum(id + c) FROM t").fetchone() == (10,)


def test_a_truncated_table_is_not_rewritten(database: Database) -> None:
    database.run(SCHEMA)
    (emptied,) = observe(database, [Statement("TRUNCATE t")], TransactionMode.EACH)
    assert (emptied.truncates, emptied.rewrites) == (frozenset({"public.t"}), frozenset())
    (again,) = observe(database, [Statement("ALTER TABLE t ALTER c TYPE bigint")], TransactionMode.EACH)
    assert (again.truncates, again.rewrites) == (frozenset(), frozenset({"public.t"}))
    assert again.sparse == frozenset({"public.t"})
