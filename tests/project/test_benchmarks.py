"""The benchmark's migrations are migrations: a server runs them all."""

from __future__ import annotations

from pathlib import Path

from benchmarks.files import write_files, write_one
from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.rehearsal.database import Database
from migration_lint.sources import load

from ..rehearsal.whole import rehearse


def test_a_server_runs_them(tmp_path: Path, database: Database) -> None:
    write_files(tmp_path, 60)
    (history,) = load([str(tmp_path)])
    rehearsed = list(rehearse(database, PostgresEngine(database.server.version), history))
    assert [(each.step.sql, each.observation.error) for each in rehearsed if each.observation.error] == []
    assert len(rehearsed) > 100


def test_they_are_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert write_one(tmp_path / "a", 50_000) == write_one(tmp_path / "b", 50_000) >= 50_000
    (one,), (other,) = ((tmp_path / name).iterdir() for name in "ab")
    assert one.read_bytes() == other.read_bytes()
