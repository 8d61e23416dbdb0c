"""The README's example is what happens."""

from __future__ import annotations

from pathlib import Path

from migration_lint.rehearsal.database import Database
from tests.checklist.scenario import blocks, play
from tests.project.readme import README


def test_the_five_questions_from_red_to_green(tmp_path: Path, database: Database) -> None:
    staging = Database.create(database.server, database.owner)
    try:
        shown = play(tmp_path, database, staging).blocks()
    finally:
        staging.drop()
    there = blocks(README.read_text(encoding="utf-8"))
    assert there["red"] == shown["red"]
    assert there["green"] == shown["green"]
    five = (
        "Migration tested on staging",
        "Rollback script",
        "Recent backup exists",
        "Backward compatible",
        "Monitoring",
    )
    for words in five:
        assert f"[FAILED]  {words}" in shown["red"]
        assert f"[OK]      {words}" in shown["green"]
