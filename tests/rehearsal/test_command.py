"""``rehearse`` as people run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migration_lint.errors import UsageError
from migration_lint.rehearsal import guard, home, programs

from ..cli.command import ROOT, migrations, run
from ..report.validation import validate
from .processes import children, gone, home_of

ORDERS = """
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, status text);
INSERT INTO orders SELECT n, n, 'new' FROM generate_series(1, 1000) n;
"""


def test_every_statement_is_shown_as_it_was_seen(tmp_path: Path) -> None:
    files = {
        "1_orders.sql": ORDERS,
        "2_index.sql": "CREATE INDEX orders_user ON orders (user_id);\n"
        "CREATE INDEX CONCURRENTLY orders_status ON orders (status);\n",
    }
    ran = run(
        migrations(tmp_path, files),
        *("rehearse", "db/2_index.sql", "--engine-version", "14"),
        *("--output-format", "text", "--output-format", "json=out.json"),
    )
    assert ran.code == 0, ran.err
    assert "db/2_index.sql: applied: 2 statements" in ran.out
    assert "ShareLock on public.orders: another session's writes waited" in ran.out
    assert "as predicted (3 facts confirmed)" in ran.out
    assert "not seen: how long it takes" in ran.out
    assert "production runs PostgreSQL 14" in ran.out
    assert [line.partition(":")[2][:5] for line in ran.err.splitlines()] == ["1: up", "2: up"]
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    validate(document, "rehearsal")
    first, second = document["migrations"][0]["statements"]
    assert first["writes_wait"] == ["public.orders"]
    assert first["reads_wait"] == []
    assert {impact["kind"] for impact in first["impacts"]} == {"Lock", "Scan", "IndexBuild"}
    assert {fact["agreement"] for fact in first["comparison"]} == {"confirmed"}
    assert first["seconds"] > 0
    assert second["seconds"] is None
    assert document["decision"] == {"allowed": True, "because": []}


def test_rows_that_are_in_the_way_stop_it(tmp_path: Path) -> None:
    files = {
        "1_orders.sql": ORDERS + "UPDATE orders SET status = NULL WHERE id = 7;",
        "2_strict.sql": "ALTER TABLE orders ALTER status SET NOT NULL;",
        "3_more.sql": "SELECT 1;",
    }
    ran = run(migrations(tmp_path, files), "rehearse", "db/2_strict.sql", "db/3_more.sql")
    assert ran.code == 3
    assert 'refused in line 1: 23502 column "status" of relation "orders" contains null values' in ran.out
    assert "db/3_more.sql:1: not rehearsed: 2_strict failed before it" in ran.out
    ran = run(tmp_path, "rehearse", "db/2_strict.sql")
    assert ran.code == 1
    assert "failed: 2_strict applied: failed" in ran.out


def test_an_earlier_migration_that_fails_is_told(tmp_path: Path) -> None:
    files = {"1_bad.sql": "SELECT 1;\nSELECT nothing;", "2_new.sql": "SELECT 1;"}
    ran = run(migrations(tmp_path, files), "rehearse", "db/2_new.sql")
    assert ran.code == 3
    assert "db/1_bad.sql:2: not rehearsed: an earlier migration fails, so there is no state" in ran.out
    assert 'column "nothing" does not exist' in ran.out


def test_what_comes_after_the_new_ones_is_not_run(tmp_path: Path) -> None:
    files = {"1_new.sql": "SELECT 1;", "2_later.sql": "SELECT nothing;"}
    ran = run(migrations(tmp_path, files), "rehearse", "db/1_new.sql")
    assert ran.code == 0, ran
    assert "2_later" not in ran.out + ran.err


def test_what_cannot_be_read_is_not_run(tmp_path: Path) -> None:
    ran = run(migrations(tmp_path, {"1_odd.sql": "CREATE TABLE a (id int);\nCREATE TABEL b;"}), "rehearse")
    assert ran.code == 3
    assert "db/1_odd.sql: the script cannot be read, so it was not run" in ran.out


def test_nothing_new_is_nothing_rehearsed(tmp_path: Path) -> None:
    folder = migrations(tmp_path, {"1_orders.sql": ORDERS})
    ran = run(folder, "rehearse", "db", "--start-after", "1_orders")
    assert (ran.code, ran.err) == (3, "error: nothing to rehearse: no migration is new\n")


def test_a_schema_dump_is_the_state_before(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
        "CREATE SCHEMA public;\nCREATE TABLE public.users (id bigint);\n"
        "ALTER TABLE public.users OWNER TO web;\nGRANT SELECT ON public.users TO web;\n"
    )
    folder = migrations(tmp_path, {"5_note.sql": "ALTER TABLE users ADD note text;"})
    ran = run(folder, "rehearse", "db", "--schema", "schema.sql")
    assert ran.code == 0, ran.out + ran.err
    assert "AccessExclusiveLock on public.users" in ran.out
    assert "roles that the migrations name were made up: web" in ran.out


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("COPY (SELECT 1) TO PROGRAM 'touch {home}/gone'", "42501"),
        ("COPY (SELECT 1) TO '{home}/gone'", "42501"),
        ("SELECT pg_read_file('/etc/passwd')", "42501"),
        ("SELECT lo_import('/etc/passwd')", "42501"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'getpid'", "42501"),
        ("CREATE EXTENSION dblink", "42501"),
        ("CREATE EXTENSION file_fdw", "42501"),
        ("ALTER SYSTEM SET shared_preload_libraries = 'x'", "42501"),
        ("DROP DATABASE postgres", "42501"),
        ("DROP DATABASE template1", "42501"),
        ("CREATE ROLE root SUPERUSER", "42501"),
        ("GRANT pg_execute_server_program TO migrator", "42501"),
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
            "42501",
        ),
        ("DO $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$", "57P01"),
        ("SET statement_timeout = 0; SELECT pg_sleep(60)", "it took longer than 1 s"),
        (
            "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(9); EXCEPTION WHEN OTHERS THEN END; END LOOP; END $$",
            "it took longer than 1 s",
        ),
    ],
)
def test_what_would_break_out_is_contained(tmp_path: Path, statement: str, told: str) -> None:
    sql = statement.replace("{home}", str(tmp_path))
    ran = run(migrations(tmp_path, {"1_evil.sql": sql}), "rehearse", "--timeout", "1")
    assert ran.code == 1, ran.out + ran.err
    assert told in ran.out
    assert not (tmp_path / "gone").exists()


def test_a_superuser_where_that_is_asked_for(tmp_path: Path) -> None:
    folder = migrations(tmp_path, {"1_extension.sql": "CREATE EXTENSION dblink;"})
    ran = run(folder, "rehearse")
    assert "--superuser if production's role is one" in ran.out
    ran = run(folder, "rehearse", "--superuser")
    assert (ran.code, "the migrations ran as a superuser" in ran.out) == (0, True)


def test_two_histories_do_not_meet(tmp_path: Path) -> None:
    role = "CREATE ROLE app; CREATE TABLE t (id int); GRANT SELECT ON t TO app;"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "1_t.sql").write_text(role)
    (tmp_path / "b" / "1_t.sql").write_text(role)
    ran = run(tmp_path, "rehearse", "a", "b")
    assert ran.code == 0, ran.out + ran.err


def test_a_kept_server_can_be_looked_into(tmp_path: Path) -> None:
    ran = run(migrations(tmp_path, {"1_t.sql": "CREATE TABLE t (id int)"}), "rehearse", "--keep")
    assert ran.code == 0, ran.out + ran.err
    (line,) = [line for line in ran.out.splitlines() if "kept: " in line]
    folder = Path(line.rpartition("rm -r ")[2])
    try:
        assert f"psql -h {folder / 'server'} -p 5432 -U postgres DATABASE" in line
        assert folder not in home.remove_leftovers()
    finally:
        guard.end(folder)
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_nothing_left(tmp_path: Path, number: signal.Signals) -> None:
    migrations(tmp_path, {"1_t.sql": "SELECT 1;\nSELECT pg_sleep(600);"})
    process = subprocess.Popen(
        [sys.executable, "-m", "migration_lint", "rehearse"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    assert "SELECT 1" in process.stderr.readline()
    of_it = children(process.pid)
    (folder,) = {home_of(pid) for pid in of_it} - {None}
    process.send_signal(number)
    assert process.wait(timeout=60) in (130, 143)
    assert folder is not None
    for pid in of_it:
        assert gone(folder, pid, 5)


def test_what_is_not_installed_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'migration-safety-gate\[rehearsal\]'"):
        programs.require_driver()
    with pytest.raises(UsageError, match="there is no server to rehearse on: pip install"):
        programs.embedded_programs(Path("/"), None)


def test_rows_of_the_team_are_in_the_way(tmp_path: Path) -> None:
    files = {
        "1_t.sql": "CREATE TABLE t (id int, c int);",
        "2_strict.sql": "ALTER TABLE t ALTER c SET NOT NULL;",
    }
    folder = migrations(tmp_path, files)
    assert run(folder, "rehearse", "db/2_strict.sql").code == 0
    (tmp_path / "seed.sql").write_text("INSERT INTO t VALUES (1, NULL);")
    ran = run(folder, "rehearse", "db/2_strict.sql", "--seed", "seed.sql")
    assert (ran.code, "23502" in ran.out) == (1, True)
    (tmp_path / "seed.sql").write_text("INSERT INTO nothing VALUES (1);")
    ran = run(folder, "rehearse", "db/2_strict.sql", "--seed", "seed.sql")
    assert ran.code == 3
    assert 'seed.sql:1: not rehearsed: the server refuses the rows: 42P01 relation "nothing"' in ran.out
    assert run(folder, "rehearse", "db/2_strict.sql", "--seed", "none.sql").code == 2


def test_migrations_for_another_server_are_not_run_on_this_one(tmp_path: Path) -> None:
    ran = run(migrations(tmp_path, {"1_t.sql": "SELECT 1;"}), "rehearse", "--engine", "mysql")
    assert (ran.code, ran.err) == (2, "error: engine: mysql: rehearsals run on PostgreSQL only\n")
