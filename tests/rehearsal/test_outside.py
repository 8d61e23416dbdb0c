"""A tool's own command, observed from outside."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ..cli.command import migrations, run
from ..report.validation import validate

PROGRAM = """
import os, sys, time
import psycopg
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    assert connection.info.dbname == os.environ["PGDATABASE"]
    for sql in sys.argv[1:]:
        if sql == "sleep":
            time.sleep(600)
        with connection.transaction():
            connection.execute(sql)
            time.sleep(0.2)
"""
BEFORE = "CREATE TABLE t (id int); INSERT INTO t SELECT n FROM generate_series(1, 100) n"


def _command(folder: Path, *statements: str) -> str:
    (folder / "tool.py").write_text(PROGRAM)
    return " ".join([sys.executable, "tool.py", *(f'"{sql}"' for sql in statements)])


def test_what_a_command_does_is_seen(tmp_path: Path) -> None:
    migrations(tmp_path, {})
    ran = run(
        tmp_path,
        *("rehearse", "--migrate-before", _command(tmp_path, BEFORE)),
        *("--migrate", _command(tmp_path, "ALTER TABLE t ALTER id TYPE bigint", "CREATE INDEX i ON t (id)")),
        *("--output-format", "text", "--output-format", "json=out.json"),
        *("--output-format", "markdown=out.md", "--output-format", "html=out.html"),
    )
    assert ran.code == 0, ran.out + ran.err
    assert "AccessExclusiveLock on public.t: reads and writes wait" in ran.out
    assert "public.t was written anew" in ran.out
    assert "new: index public.i" in ran.out
    assert "not seen from outside: which statement did what" in ran.out
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    validate(document, "rehearsal")
    assert document["outside"]["locks"] == {"public.t": "AccessExclusiveLock"}
    assert document["outside"]["seconds"] > 0.4
    assert "public.t was written anew" in (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "written anew" in (tmp_path / "out.md").read_text(encoding="utf-8")


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    migrations(tmp_path, {})
    ran = run(tmp_path, "rehearse", "--migrate", _command(tmp_path, "SELECT nothing"))
    assert ran.code == 1
    assert "it ended with exit code 1" in ran.out
    assert 'column "nothing" does not exist' in ran.out
    ran = run(tmp_path, "rehearse", "--migrate", "echo $PGPASSWORD; false")
    assert (ran.code, "***" in ran.out) == (1, True)
    ran = run(tmp_path, "rehearse", "--migrate", "true", "--migrate-before", "false")
    assert ran.code == 3
    assert "there is no state before: false: it ended with exit code 1" in ran.out


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    migrations(tmp_path, {})
    ran = run(tmp_path, "rehearse", "--migrate", _command(tmp_path, "sleep"), "--timeout", "1")
    assert ran.code == 1
    assert "it took longer than 1 s" in ran.out
