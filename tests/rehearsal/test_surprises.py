"""What was seen and not foretold is a finding; what a statement costs is measured."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.findings import Severity
from migration_lint.linting.dispatch import Dispatch
from migration_lint.linting.loader import load_rules
from migration_lint.linting.selection import Choice, select
from migration_lint.model import Document, Script, Step, TransactionMode
from migration_lint.rehearsal.comparison import compare
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.limits import Limits
from migration_lint.rehearsal.observe import observe
from migration_lint.rehearsal.statements import Statement
from migration_lint.rehearsal.surprises import observed_step, surprises

SCHEMA = """
CREATE TABLE t (id int PRIMARY KEY, c int);
INSERT INTO t SELECT n, n FROM generate_series(1, 1000) n;
"""
BACKSTOPS = Dispatch(select(load_rules(), Choice(), "postgres").rules).backstops


def _predicted(sql: str) -> Step:
    engine = PostgresEngine("18")
    before = engine.read_schema(Document("schema.sql", SCHEMA)).after
    script = Script(Document("new.sql", sql), sql, TransactionMode.EACH)
    (step,) = engine.run(script, before, migration="new").steps
    return step


def _seen(database: Database, step: Step) -> Step:
    database.run(SCHEMA)
    (observed,) = observe(database, [Statement(step.sql)], TransactionMode.EACH)
    return observed_step(step, observed, compare(step, observed), None)


def test_what_is_seen_is_the_step_that_was_predicted(database: Database) -> None:
    step = _predicted("ALTER TABLE t ALTER c TYPE bigint")
    seen = _seen(database, step)
    kinds = {type(effect).__name__ for effect in seen.effects}
    # A rewrite reads its table too, which cannot be told from a scan.
    assert kinds == {"ChangeColumnType", "Lock", "Rewrite", "IndexBuild"}
    assert [(stall.lock.relation, stall.lock.mode) for stall in seen.stalls()] == [
        (stall.lock.relation, stall.lock.mode) for stall in step.stalls()
    ]
    assert list(surprises(step, seen, BACKSTOPS)) == []


def test_a_stall_that_nobody_foretold_is_a_finding(database: Database) -> None:
    step = _predicted("ALTER TABLE t ALTER c TYPE bigint")
    blind = replace(step, effects=())
    (finding,) = surprises(blind, _seen(database, blind), BACKSTOPS)
    assert (finding.rule, finding.severity) == ("unexplained-stall", Severity.ERROR)
    assert finding.why.startswith("the rehearsal saw what was not predicted: reads and writes of t wait")


def test_a_weaker_stall_was_foretold_than_was_seen(database: Database) -> None:
    step = _predicted("ALTER TABLE t ALTER c TYPE bigint")
    weaker = replace(step, effects=_predicted("CREATE INDEX i ON t (c)").effects)
    assert len(list(surprises(weaker, _seen(database, step), BACKSTOPS))) == 1


def test_time_log_and_temporary_files_are_measured(database: Database) -> None:
    database.run(SCHEMA)
    statements = [
        Statement("SET work_mem = '64kB'"),
        Statement("SELECT 1"),
        Statement("CREATE TABLE u AS SELECT n FROM generate_series(1, 100000) n ORDER BY -n"),
        Statement("SELECT pg_sleep(0.2)"),
        Statement("SET client_min_messages = warning"),
        Statement("SELECT 1"),
    ]
    _, nothing, sorted_, slept, _, deaf = observe(database, statements, TransactionMode.EACH)
    assert (nothing.wal_bytes, nothing.temporary_bytes) == (0, 0)
    assert sorted_.wal_bytes is not None
    assert sorted_.wal_bytes > 1_000_000
    assert sorted_.temporary_bytes is not None
    assert sorted_.temporary_bytes > 1_000_000
    assert slept.seconds is not None
    assert 0.2 <= slept.seconds < 5
    assert deaf.temporary_bytes is None


def test_who_waits_is_tried(database: Database) -> None:
    database.run(SCHEMA)
    share, exclusive, nobody = (
        observe(database, [Statement(sql)], TransactionMode.ONE)[0]
        for sql in ("CREATE INDEX i ON t (c)", "ALTER TABLE t ADD d int", "UPDATE t SET c = 1 WHERE id = 1")
    )
    names = frozenset({"public.t"})
    assert (share.reads_wait, share.writes_wait) == (frozenset(), names)
    assert (exclusive.reads_wait, exclusive.writes_wait) == (names, names)
    assert (nobody.reads_wait, nobody.writes_wait) == (frozenset(), frozenset())


def test_a_database_that_grows_too_much_is_stopped(database: Database) -> None:
    grow = "CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 100000000)"
    (seen,) = observe(database, [Statement(grow)], TransactionMode.EACH, limits=Limits(bytes=30 * 1024**2))
    assert seen.timed_out
    assert seen.error == "it made the database grow by more than 30 MB"
    database.run("SELECT 1")
