from __future__ import annotations

from pathlib import Path

from tests.cli.command import run
from tests.sources.folders import write

GOOSE = "-- +goose Up\nCREATE TABLE t (id int);\n-- +goose Down\nDROP TABLE t;\n"


def test_show_files_says_what_is_found_and_why(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "api/migrations/00001_a.sql": GOOSE,
            "web/migrations/V1__a.sql": "SELECT 1;\n",
            "web/migrations/U1__a.sql": "SELECT 1;\n",
            "web/migrations/R__r.sql": "SELECT 1;\n",
            "web/flyway.conf": "flyway.table=x\n",
        },
    )
    ran = run(tmp_path, "check", "--show-files")
    assert (ran.code, ran.err) == (0, "")
    assert (
        ran.out
        == """\
api/migrations: goose (known by -- +goose annotations)
  target         api/migrations/00001_a.sql, in a transaction
                 down: written

web/migrations: flyway (known by the name of R__r.sql)
  configuration  web/flyway.conf
  target         web/migrations/V1__a.sql, in a transaction
                 down: written web/migrations/U1__a.sql, in a transaction
  target         web/migrations/R__r.sql, in a transaction, runs again
"""
    )


def test_what_is_not_read_is_shown_and_is_exit_3(tmp_path: Path) -> None:
    write(tmp_path, {"m/00001_a.sql": GOOSE, "m/\x1b[2Jx.sql": "SELECT 1;\n"})
    ran = run(tmp_path, "check", "--show-files", "m")
    assert ran.code == 3
    assert "not read       m/" in ran.out
    assert "\x1b" not in ran.out


def test_nothing_is_exit_3_with_a_hint(tmp_path: Path) -> None:
    ran = run(tmp_path, "check", "--show-files")
    assert ran.code == 3
    assert "name the folder" in ran.out
