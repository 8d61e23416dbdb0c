"""How the server is reached: bounded, read-only, and without a word of the driver."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from migration_lint.checklist.database import server
from migration_lint.checklist.probes.postgres import Postgres
from migration_lint.checklist.probes.secrets import secret
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.findings import Status
from migration_lint.rehearsal.database import Database
from migration_lint.targets import Secret
from tests.checklist.world import asked, asking, dsn_of, pair, subject

LEAKS = [
    "postgresql://u:p@ss#w0rd@127.0.0.1:1/db",
    "s3cretpassword",
    "host=127.0.0.1 port=1 password=se cret",
    "postgresql://u:%zzs3cret@127.0.0.1:1/db",
    "postgresql://u:s3cret@127.0.0.1:1/db",
    "postgresql://u:s3cret@no-such-host.invalid/db",
    "postgresql://u:s3cret@127.0.0.1:1/db?sslmode=s3cret",
]


@pytest.mark.parametrize("dsn", LEAKS)
def test_nothing_of_the_connection_string_is_shown(tmp_path: Path, dsn: str) -> None:
    made = asked(server.PRIMARY, subject(tmp_path, pair("SELECT 1;\n"), dsn=dsn))
    assert made.status is Status.UNKNOWN
    for piece in ("w0rd", "cret", "ss#", "no-such-host"):
        assert piece not in made.why
    assert "TEST_DSN_" in made.why  # where to look


def test_a_server_that_hangs_after_accepting_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dsn = f"host=127.0.0.1 port={listening.getsockname()[1]} user=u dbname=d"
        begun = time.monotonic()
        made = asked(server.PRIMARY, subject(tmp_path, pair("SELECT 1;\n"), dsn=dsn, timeout="2s"))
    assert made.status is Status.UNKNOWN and made.why == "no answer within 2 s"
    assert time.monotonic() - begun < 10


def test_a_question_that_takes_too_long_is_ended_by_the_server(database: Database) -> None:
    asking_it = asking("production", dsn_of(database), 0.3)
    with pytest.raises(Unanswered, match=r"it took longer than it may \(SQLSTATE 57014\)"):
        asking_it.rows("select pg_sleep(30)")
    assert asking_it.row("select 1 as one") == {"one": 1}
    asking_it.close()


def test_nothing_can_be_written(database: Database) -> None:
    asking_it = asking("production", dsn_of(database))
    with pytest.raises(Unanswered, match="SQLSTATE 25006"):
        asking_it.rows("create table public.t (id int)")
    asking_it.close()


def test_no_transaction_is_left_open(database: Database) -> None:
    asking_it = asking("production", dsn_of(database))
    asking_it.rows("select 1")
    with database.connect() as watcher:
        row = watcher.execute(
            "select state from pg_stat_activity where application_name = 'migration-lint checklist'"
            " and datname = current_database()"
        ).fetchone()
    asking_it.close()
    assert row == ("idle",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"dbname": "nowhere"}, "there is no such database (SQLSTATE 3D000)"),
        ({"user": "nobody_here"}, "(SQLSTATE 28000)"),
    ],
)
def test_what_the_server_refuses_is_told_in_our_words(
    database: Database, changes: dict[str, str], why: str
) -> None:
    with pytest.raises(Unanswered) as told:
        asking("production", dsn_of(database, **changes)).rows("select 1")
    assert "nowhere" not in str(told.value) and "nobody_here" not in str(told.value)
    assert why in str(told.value) or "no answer" in str(told.value)


def test_a_target_without_a_dsn(tmp_path: Path) -> None:
    made = asked(server.PRIMARY, subject(tmp_path, pair("SELECT 1;\n")))
    assert made.status is Status.UNKNOWN and 'production has no dsn: write dsn = { env = "NAME" }' in made.why


def test_where_secrets_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s").write_text("from a file\n")
    monkeypatch.setenv("S", "from the environment")
    assert secret(Secret(env="S"), 5) == "from the environment"
    assert secret(Secret(file=str(tmp_path / "s")), 5) == "from a file"
    assert secret(Secret(command=("echo", "from a command")), 5) == "from a command"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (Secret(env="NOT_SET_HERE"), r"\$NOT_SET_HERE is empty, or not set"),
        (Secret(file="/nowhere/at/all"), "the file /nowhere/at/all cannot be read"),
        (Secret(command=("sh", "-c", "echo s3cret; exit 3")), "sh ended with 3"),
        (Secret(command=("true",)), "what true prints is empty"),
        (Secret(command=("sleep", "60")), "sleep gave no answer within 0.5 s"),
    ],
)
def test_where_secrets_do_not_come_from(source: Secret, why: str) -> None:
    with pytest.raises(Unanswered, match=why):
        secret(source, 0.5)


def test_a_server_that_was_not_reached_is_not_tried_again() -> None:
    there = Postgres("production", Secret(env="NOT_SET_HERE"), 1)
    for _ in range(2):
        with pytest.raises(Unanswered, match="NOT_SET_HERE"):
            there.rows("select 1")
