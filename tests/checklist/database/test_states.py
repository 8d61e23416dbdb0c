"""A real server in states made on purpose."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migration_lint.checklist.check import Check
from migration_lint.checklist.database import copies, lock_timeout, server, sessions, work
from migration_lint.findings import Status, Verdict
from migration_lint.rehearsal.database import Connection, Database
from tests.checklist.world import asked, dsn_of, pair, subject

ADD = "ALTER TABLE users ADD COLUMN email text;\n"
REWRITE = "ALTER TABLE users ALTER COLUMN id TYPE text;\n"
BUILD = "CREATE INDEX CONCURRENTLY IF NOT EXISTS users_name ON users (name);\n"
NOW: dict[str, Any] = {"limits": {"max_transaction": "0s"}}


@pytest.fixture
def users(database: Database) -> Database:
    database.run("CREATE TABLE users (id bigint PRIMARY KEY, name text)", "INSERT INTO users VALUES (1, 'a')")
    return database


def verdict(check: Check, folder: Path, database: Database, up: str = ADD, **settings: Any) -> Verdict:
    about = subject(folder, pair(up), database=database, pending=["2_it"], **settings)
    try:
        return asked(check, about)
    finally:
        about.database.close()


@contextmanager
def transaction(database: Database, *statements: str) -> Iterator[Connection]:
    """A session that has run the statements, and not committed."""
    connection = database.connect()
    connection.execute("BEGIN")
    for statement in statements:
        connection.execute(statement.encode())
    try:
        yield connection
    finally:
        connection.execute("ROLLBACK")


@contextmanager
def running(database: Database, statement: str, shows: str) -> Iterator[None]:
    """A statement at work in another session, from when `shows` has a row until it is cancelled."""
    connection = database.connect()
    worker = threading.Thread(target=_run, args=(connection, statement))
    worker.start()
    try:
        with database.connect() as watcher:
            deadline = time.monotonic() + 20
            while watcher.execute(shows.encode()).fetchone() is None:
                assert time.monotonic() < deadline, "it never began"
                time.sleep(0.02)
        yield
    finally:
        connection.cancel_safe(timeout=10)
        worker.join(20)


def _run(connection: Connection, statement: str) -> None:
    with contextlib.suppress(psycopg.errors.QueryCanceled):
        connection.execute(statement.encode())


ALL = [
    copies.ARCHIVING,
    copies.RUNNING,
    server.PRIMARY,
    sessions.TRANSACTIONS,
    sessions.PREPARED,
    sessions.QUEUE,
    work.VACUUM,
    work.BUILDS,
    work.INVALID,
    server.REPLICATION,
    server.CONNECTIONS,
    server.DISK,
]


@pytest.mark.parametrize("check", ALL, ids=lambda check: str(check.id))
def test_a_quiet_server_passes(tmp_path: Path, users: Database, check: Check) -> None:
    made = verdict(check, tmp_path, users)
    assert made.status is Status.PASSED, made.why


SESSIONS = [
    copies.RUNNING,
    sessions.TRANSACTIONS,
    sessions.QUEUE,
    work.VACUUM,
    work.BUILDS,
    server.REPLICATION,
    server.CONNECTIONS,
]


@pytest.mark.parametrize("check", SESSIONS, ids=lambda check: str(check.id))
def test_a_role_that_does_not_see_others_knows_nothing(tmp_path: Path, users: Database, check: Check) -> None:
    users.run('CREATE ROLE "blind one" LOGIN')
    try:
        about = subject(tmp_path, pair(ADD), dsn=dsn_of(users, user="blind one"), pending=["2_it"])
        with transaction(users, "LOCK TABLE users"):
            made = asked(check, about)
        about.database.close()
        assert made.status is Status.UNKNOWN
        assert 'GRANT pg_monitor TO "blind one"' in made.why
        users.run('GRANT pg_monitor TO "blind one"')
        made = asked(
            check, subject(tmp_path, pair(ADD), dsn=dsn_of(users, user="blind one"), pending=["2_it"])
        )
        assert made.status is Status.PASSED, made.why
    finally:
        users.run('DROP ROLE "blind one"')


def test_a_transaction_that_holds_a_lock(tmp_path: Path, users: Database) -> None:
    with transaction(users, "SELECT * FROM users"):
        young = verdict(sessions.TRANSACTIONS, tmp_path, users)
        old = verdict(sessions.TRANSACTIONS, tmp_path, users, **NOW)
    assert young.status is Status.PASSED
    assert old.status is Status.FAILED
    assert "holds AccessShareLock on public.users" in old.why and "idle in transaction" in old.why
    assert "SELECT * FROM users" not in old.why


def test_a_lock_that_does_not_conflict_is_not_in_the_way(tmp_path: Path, users: Database) -> None:
    """Building an index CONCURRENTLY lets others write; but it waits for every older transaction."""
    with transaction(users, "SELECT * FROM users"):
        reads = verdict(sessions.TRANSACTIONS, tmp_path, users, "CREATE INDEX i ON users (name);\n", **NOW)
        waits = verdict(sessions.TRANSACTIONS, tmp_path, users, BUILD, **NOW)
    assert reads.status is Status.PASSED, reads.why
    assert waits.status is Status.FAILED
    assert "2_it.up.sql:1, which waits for every older transaction" in waits.why


def test_a_transaction_elsewhere_is_not_in_the_way(tmp_path: Path, users: Database) -> None:
    users.run("CREATE TABLE other (id bigint)")
    with transaction(users, "LOCK TABLE other"):
        made = verdict(sessions.TRANSACTIONS, tmp_path, users, **NOW)
    assert made.status is Status.PASSED, made.why


def test_a_reader_of_a_partition_is_in_the_way(tmp_path: Path, database: Database) -> None:
    database.run(
        "CREATE TABLE users (id bigint, name text) PARTITION BY RANGE (id)",
        "CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (1) TO (9)",
    )
    with transaction(database, "SELECT * FROM users_1"):
        made = verdict(sessions.TRANSACTIONS, tmp_path, database, **NOW)
    assert made.status is Status.FAILED and "public.users_1" in made.why


def test_a_prepared_transaction(tmp_path: Path, users: Database) -> None:
    with users.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE users")
        connection.execute("PREPARE TRANSACTION 'left'")
        try:
            made = verdict(sessions.PREPARED, tmp_path, users, **NOW)
        finally:
            connection.execute("ROLLBACK PREPARED 'left'")
    assert made.status is Status.FAILED and "'left' was prepared" in made.why


def test_a_queue(tmp_path: Path, users: Database) -> None:
    waits = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    with transaction(users, "LOCK TABLE users"), running(users, "SELECT * FROM users", waits):
        made = verdict(sessions.QUEUE, tmp_path, users)
    assert made.status is Status.FAILED and "for a lock of PID" in made.why


def test_a_vacuum_that_does_not_give_way(tmp_path: Path, users: Database) -> None:
    users.run("INSERT INTO users SELECT n, repeat('x', 500) FROM generate_series(2, 20000) n")
    connection = users.connect()
    connection.execute("SET vacuum_cost_delay = '100ms'")
    connection.execute("SET vacuum_cost_limit = 1")
    worker = threading.Thread(target=_run, args=(connection, "VACUUM (FREEZE) users"))
    worker.start()
    try:
        with users.connect() as watcher:
            while watcher.execute("select from pg_stat_progress_vacuum").fetchone() is None:
                time.sleep(0.02)
        made = verdict(work.VACUUM, tmp_path, users)
    finally:
        connection.cancel_safe(timeout=10)
        worker.join(20)
    assert made.status is Status.FAILED and "vacuums public.users, and does not give way" in made.why


def test_an_index_that_is_being_built_and_the_one_that_is_left(tmp_path: Path, users: Database) -> None:
    builds = "select from pg_stat_progress_create_index where datname = current_database()"
    build = "CREATE INDEX CONCURRENTLY users_name ON users (name)"
    with transaction(users, "INSERT INTO users VALUES (9)"), running(users, build, builds):
        made = verdict(work.BUILDS, tmp_path, users)
    assert made.status is Status.FAILED and "builds an index on public.users" in made.why
    left = verdict(work.INVALID, tmp_path, users, BUILD)
    assert left.status is Status.FAILED
    assert "2_it.up.sql:1: public.users_name is there and invalid" in left.why
    other = verdict(work.INVALID, tmp_path, users, ADD)
    assert other.status is Status.PASSED and "public.users_name left by a failed build" in other.why


def test_a_slot_that_nobody_reads(tmp_path: Path, users: Database) -> None:
    users.run("SELECT pg_create_physical_replication_slot('left', true)")
    try:
        users.run("INSERT INTO users SELECT n, 'x' FROM generate_series(100, 5000) n")
        made = verdict(server.REPLICATION, tmp_path, users, limits={"max_slot_bytes": 0})
        allowed = verdict(server.REPLICATION, tmp_path, users)
    finally:
        users.run("SELECT pg_drop_replication_slot('left')")
    assert made.status is Status.FAILED and "nobody reads the slot left" in made.why
    assert allowed.status is Status.PASSED


def test_connections_that_are_taken(tmp_path: Path, users: Database) -> None:
    made = verdict(server.CONNECTIONS, tmp_path, users, limits={"max_connections": 0.0})
    assert made.status is Status.FAILED and "of 97 are taken" in made.why


@pytest.mark.parametrize(
    ("up", "limits", "status", "why"),
    [
        (REWRITE, {}, Status.PASSED, "public.users written anew needs"),
        (REWRITE, {"small": 0}, Status.UNKNOWN, "set limits.free_bytes to a command"),
        (REWRITE, {"small": 0, "free_bytes": ["echo", "9" * 10]}, Status.PASSED, "9,999,999,999 are free"),
        (REWRITE, {"small": 0, "free_bytes": ["echo", "10"]}, Status.FAILED, "and 10 are free"),
        (REWRITE, {"small": 0, "free_bytes": ["echo", "much"]}, Status.UNKNOWN, "did not print a number"),
        (REWRITE, {"small": 0, "free_bytes": ["false"]}, Status.UNKNOWN, "did not print a number"),
        (ADD, {"small": 0}, Status.PASSED, "no table is written anew"),
    ],
)  # fmt: skip
def test_room_on_the_disk(
    tmp_path: Path, users: Database, up: str, limits: dict[str, Any], status: Status, why: str
) -> None:
    made = verdict(server.DISK, tmp_path, users, up, limits=limits)
    assert made.status is status, made.why
    assert why in made.why


def test_a_dump_in_progress(tmp_path: Path, users: Database) -> None:
    """What pg_dump does: a transaction under its name, and COPY."""
    with psycopg.connect(dsn_of(users), application_name="pg_dump") as dump:
        dump.execute("LOCK TABLE users IN ACCESS SHARE MODE")
        made = verdict(copies.RUNNING, tmp_path, users)
    assert made.status is Status.FAILED
    assert "(pg_dump) copies the database" in made.why
    assert verdict(copies.RUNNING, tmp_path, users).status is Status.PASSED


SET = "SET lock_timeout = '{}';\n" + ADD


@pytest.mark.parametrize(
    ("up", "statements", "role", "status", "why"),
    [
        (SET.format("2s"), [], None, Status.PASSED, "the migrations set it themselves"),
        (SET.format("0"), [], None, Status.FAILED, "sets lock_timeout to 0 ms: it waits without limit"),
        (SET.format("10min"), [], None, Status.FAILED, "longer than limits.max_lock_timeout"),
        (ADD, [], None, Status.FAILED, "the role postgres gets lock_timeout 0 ms"),
        (ADD, ["ALTER DATABASE {db} SET lock_timeout = '3s'"], "m_{db}", Status.PASSED, "gets 3000 ms"),
        (ADD, ["ALTER ROLE {role} SET lock_timeout = '4s'"], "m_{db}", Status.PASSED, "gets 4000 ms"),
        (
            ADD,
            ["ALTER ROLE {role} SET lock_timeout = 0", "ALTER DATABASE {db} SET lock_timeout = '3s'"],
            "m_{db}",
            Status.FAILED,
            "gets lock_timeout 0 ms",
        ),
        (
            ADD,
            [
                "ALTER ROLE {role} SET lock_timeout = 0",
                "ALTER ROLE {role} IN DATABASE {db} SET lock_timeout = '1min'",
            ],
            "m_{db}",
            Status.PASSED,
            "gets 60000 ms",
        ),
        (ADD, [], "nobody_at_all", Status.UNKNOWN, "there is no role nobody_at_all"),
        ("CREATE TABLE fresh (id int);\n", [], None, Status.PASSED, "nothing that is in use is locked"),
    ],
)  # fmt: skip
def test_the_lock_timeout_that_the_role_gets(
    tmp_path: Path,
    users: Database,
    up: str,
    statements: list[str],
    role: str | None,
    status: Status,
    why: str,
) -> None:
    names = {"db": users.name, "role": f"m_{users.name}"}
    users.run("CREATE ROLE {role}".format(**names), *(one.format(**names) for one in statements))
    try:
        settings = {} if role is None else {"role": role.format(**names)}
        made = verdict(lock_timeout.LOCK_TIMEOUT, tmp_path, users, up, **settings)
    finally:
        users.run("DROP ROLE {role}".format(**names))
    assert made.status is status, made.why
    assert why in made.why
