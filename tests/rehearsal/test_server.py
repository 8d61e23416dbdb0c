"""A server of our own: nothing of it is left, whichever way its owner goes, and two do not meet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from migration_lint.errors import UsageError
from migration_lint.rehearsal import guard
from migration_lint.rehearsal.account import unprivileged
from migration_lint.rehearsal.home import Home, remove_leftovers
from migration_lint.rehearsal.programs import named_programs
from migration_lint.rehearsal.server import Server

from .processes import children, gone, runs

OWNER = """
import sys, time
from migration_lint.rehearsal.server import Server
with Server() as server:
    print(server.home, server.pid, flush=True)
    time.sleep(600)
"""


@contextmanager
def owner() -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    """A process that has a server running; the server's folder and process id."""
    process = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    home, pid = process.stdout.readline().split()
    try:
        yield process, Path(home), int(pid)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_owner_is_ended(number: signal.Signals) -> None:
    with owner() as (process, home, pid):
        assert home.exists()
        assert runs(pid)
        process.send_signal(number)
        process.wait(timeout=30)
        assert gone(home, pid)


def test_nothing_is_left_after_success_and_failure() -> None:
    with Server() as server:
        home, pid = server.home, server.pid
        assert pid is not None
        assert runs(pid)
    assert gone(home, pid, 1)
    with pytest.raises(ZeroDivisionError), Server() as server:
        home, pid = server.home, server.pid
        raise ZeroDivisionError
    assert pid is not None
    assert gone(home, pid, 1)


def test_the_next_run_removes_what_a_killed_guard_left() -> None:
    with owner() as (process, home, pid):
        guards = [each for each in children(process.pid) if each != pid]
        assert remove_leftovers() == []  # it is somebody's
        for each in guards:
            os.kill(each, signal.SIGKILL)
        process.kill()
        process.wait()
        time.sleep(0.2)
        assert home.exists()
        assert home in remove_leftovers()
        assert gone(home, pid, 5)


def test_what_is_not_ours_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration_lint.rehearsal.home._parent", lambda: tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ml-pg-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "ml-pg-young").mkdir()
    kept = tmp_path / "ml-pg-kept"
    kept.mkdir()
    (kept / "lock").touch()
    (kept / "kept").touch()
    abandoned = tmp_path / "ml-pg-abandoned"
    abandoned.mkdir()
    (abandoned / "lock").touch()
    assert remove_leftovers() == [abandoned]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "elsewhere",
        "ml-pg-kept",
        "ml-pg-link",
        "ml-pg-young",
    ]


def test_the_guard_ends_what_works_in_the_folder_and_nothing_else(tmp_path: Path) -> None:
    home = tmp_path / "ml-pg-x"
    (home / "server").mkdir(parents=True)
    inside = subprocess.Popen(["sleep", "600"], cwd=home / "server")
    outside = subprocess.Popen(["sleep", "600"], cwd=tmp_path)
    try:
        guard.end(home)
        assert inside.wait(timeout=10) < 0
        assert outside.poll() is None
        assert not home.exists()
    finally:
        outside.kill()
        outside.wait()


def test_two_at_the_same_time_do_not_meet() -> None:
    with Server() as one, Server() as other:
        assert one.home != other.home
        first, second = one.create(), other.create()
        first.run("CREATE TABLE only_here (id int)")
        assert first.name == second.name
        with pytest.raises(psycopg.errors.UndefinedTable):
            second.run("SELECT * FROM only_here")
    assert not one.home.exists()


def test_a_kept_server_stays() -> None:
    with Server() as server:
        server.keep()
    try:
        assert server.release
        assert server.home not in remove_leftovers()
        with server.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        assert server.pid is not None
        guard.end(server.home)


def test_nobody_else_may_open_its_socket() -> None:
    account = unprivileged()
    with Server() as server:
        mode = (server.home / "server").stat().st_mode & 0o777
        assert mode == 0o700
        assert (server.home / "server").stat().st_uid == (account[0] if account else os.geteuid())
        with server.connect() as connection:
            row = connection.execute("SHOW listen_addresses").fetchone()
        assert row == ("",)


def test_a_server_that_does_not_start_tells_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("migration_lint.rehearsal.server._SETTINGS", {"max_connections": "none"})
    server = Server()
    with pytest.raises(UsageError, match="max_connections"), server:
        pass
    assert not server.home.exists()


def test_a_folder_without_programs_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no initdb here"):
        named_programs(str(tmp_path))


def test_a_home_that_is_removed_isgone() -> None:
    home = Home(None)
    assert home.path.exists()
    home.remove()
    assert not home.path.exists()
