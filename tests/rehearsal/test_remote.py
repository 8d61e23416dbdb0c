"""A scratch server by its connection string: databases of our own, and production refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from migration_lint.errors import UsageError
from migration_lint.rehearsal.remote import Remote
from migration_lint.rehearsal.server import Server

from ..cli.command import ROOT, Ran, migrations, run

SECRET = "geheim"  # noqa: S105 - of a server that lives for a minute
FILES = {
    "1_t.sql": "CREATE TABLE t (id int); INSERT INTO t SELECT n FROM generate_series(1, 100) n;",
    "2_i.sql": "CREATE ROLE app; CREATE INDEX i ON t (id); GRANT SELECT ON t TO app, web;",
}


@pytest.fixture(scope="module")
def scratch() -> Iterator[Server]:
    """A server that listens on the loop-back address and asks for a password."""
    with Server(network=True) as server:
        yield server


def _dsn(server: Server, **changed: str) -> str:
    parts = {
        "user": "postgres",
        "password": server.password,
        "host": "127.0.0.1",
        "dbname": "postgres",
    } | changed
    return f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{server.port}/{parts['dbname']}"


def _rehearse(folder: Path, server: Server, *arguments: str, **changed: str) -> Ran:
    return run(
        migrations(folder, FILES),
        *("rehearse", "db/2_i.sql", *arguments),
        MIGRATION_LINT_SERVER=_dsn(server, **changed),
    )


def _left(server: Server) -> list[str]:
    with server.connect() as connection:
        rows = connection.execute(
            b"SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')"
            b" UNION SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%' AND rolname <> 'postgres'"
        ).fetchall()
    return [str(name) for (name,) in rows]


def test_a_database_of_our_own_is_made_and_dropped(tmp_path: Path, scratch: Server) -> None:
    ran = _rehearse(tmp_path, scratch)
    assert ran.code == 0, ran.out + ran.err
    assert "the server of --server; the migrations ran as a role that is no superuser" in ran.out
    assert "ShareLock on public.t: another session's writes waited" in ran.out
    assert _left(scratch) == []
    assert scratch.password not in ran.out + ran.err


def test_who_is_no_superuser_runs_them_as_they_are(tmp_path: Path, scratch: Server) -> None:
    with scratch.connect() as connection:
        connection.execute(b"CREATE ROLE dev LOGIN CREATEDB CREATEROLE PASSWORD 'geheim'")
    try:
        ran = _rehearse(tmp_path, scratch, user="dev", password=SECRET)
        assert ran.code == 0, ran.out + ran.err
        assert _left(scratch) == ["dev"]
    finally:
        with scratch.connect() as connection:
            connection.execute(b"DROP ROLE dev")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "CREATE TABLE flyway_schema_history (x int); INSERT INTO flyway_schema_history VALUES (1)",
            "have run in its",
        ),
        (
            "CREATE TABLE big AS SELECT repeat('x', 900) FROM generate_series(1, 20000) n",
            "its databases hold",
        ),
    ],
)
def test_what_looks_like_production_is_refused(
    scratch: Server, sql: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = scratch.create()
    try:
        database.run(*sql.split("; "))
        if told == "its databases hold":
            with Remote(_dsn(scratch)):
                pass
            monkeypatch.setattr("migration_lint.rehearsal.remote.MOST_MEGABYTES", 20)
        with (
            pytest.raises(UsageError, match=f"--server looks like production: .*{told}"),
            Remote(_dsn(scratch)),
        ):
            pass
        with Remote(_dsn(scratch), sure=True) as remote:
            assert remote.release == scratch.release
    finally:
        database.drop()


def test_a_secret_is_never_told(scratch: Server) -> None:
    for dsn in (
        _dsn(scratch, password=f"wrong-{SECRET}"),
        "s3cretpassword",
        "host=127.0.0.1 password=se cret",
        "postgresql://u:%zzs3cret@h/db",
    ):
        with pytest.raises(UsageError) as told, Remote(dsn):
            pass
        assert "ecret" not in str(told.value)
        assert SECRET not in str(told.value)


def test_who_may_not_create_databases_is_told(scratch: Server) -> None:
    with scratch.connect() as connection:
        connection.execute(b"CREATE ROLE reader LOGIN PASSWORD 'geheim'")
    try:
        dsn = _dsn(scratch, user="reader", password=SECRET)
        with pytest.raises(UsageError, match="reader may not create databases there"), Remote(dsn):
            pass
    finally:
        with scratch.connect() as connection:
            connection.execute(b"DROP ROLE reader")


def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path, scratch: Server) -> None:
    migrations(tmp_path, FILES | {"3_sleep.sql": "SELECT pg_sleep(600);"})
    process = subprocess.Popen(
        [sys.executable, "-m", "migration_lint", "rehearse", "db/2_i.sql", "db/3_sleep.sql"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MIGRATION_LINT_SERVER": _dsn(scratch)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    assert "CREATE ROLE" in process.stderr.readline()
    with Remote(_dsn(scratch)):
        assert any(name.startswith("migration_lint_") for name in _left(scratch)), "another's is left alone"
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1)
    assert [name for name in _left(scratch) if name.startswith("migration_lint_")]
    with Remote(_dsn(scratch)):
        pass
    assert [name for name in _left(scratch) if name.startswith("migration_lint_")] == []
    with scratch.connect() as connection:
        connection.execute(b"DROP ROLE IF EXISTS app")
        connection.execute(b"DROP ROLE IF EXISTS web")


def test_a_server_is_named_once(tmp_path: Path, scratch: Server) -> None:
    ran = _rehearse(tmp_path, scratch, "--pg-bin", "/usr/bin")
    assert (ran.code, ran.err) == (2, "error: --server and --pg-bin name two servers; name one\n")
