"""`check --fix` writes the safe fixes, and nothing else; `--diff` shows them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.command import check, run

TABLE = "-- +goose Up\nCREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, note text);\n"
INDEX = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX a ON orders (user_id);\nDROP INDEX b;\n"
FIXED = INDEX.replace("INDEX", "INDEX CONCURRENTLY")
DOWN = "\n-- +goose Down\n"


def history(folder: Path, index: str = INDEX, encoding: str = "utf-8") -> Path:
    """A goose folder: it is known that each statement is sent alone."""
    (folder / "db").mkdir()
    (folder / "db/20240101000000_orders.sql").write_text(TABLE + "CREATE INDEX b ON orders (note);\n" + DOWN)
    path = folder / "db/20240102000000_index.sql"
    path.write_bytes((index + DOWN).encode(encoding))
    return path


def test_the_safe_fixes_are_written_and_the_rest_is_judged(tmp_path: Path) -> None:
    path = history(tmp_path)
    ran = run(tmp_path, "check", "db", "--fix")
    assert path.read_text() == FIXED + DOWN
    assert "20240102000000_index.sql: 2 fixes written" in ran.err
    assert "create-index-blocks-writes" not in ran.out
    again = run(tmp_path, "check", "db", "--fix")
    assert path.read_text() == FIXED + DOWN
    assert (again.out, "written" in again.err) == (ran.out, False)


def test_a_diff_writes_nothing_and_can_be_applied(tmp_path: Path) -> None:
    path = history(tmp_path)
    ran = run(tmp_path, "check", "db", "--diff")
    assert path.read_text() == INDEX + DOWN
    assert ran.code == 1  # as without --diff
    assert "\n-CREATE INDEX a ON orders (user_id);\n" in ran.out
    assert "\n+CREATE INDEX CONCURRENTLY a ON orders (user_id);\n" in ran.out
    subprocess.run(["git", "apply", "-"], input=ran.out, cwd=tmp_path, text=True, check=True)
    assert path.read_text() == FIXED + DOWN


def test_encodings_and_line_ends_stay(tmp_path: Path) -> None:
    text = INDEX.replace("\n", "\r\n") + "-- Größe\r\n"
    for number, encoding in enumerate(["utf-8-sig", "latin-1", "utf-16"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = history(folder, text, encoding)
        run(folder, "check", "db", "--fix")
        assert path.read_bytes().decode(encoding) == text.replace("INDEX", "INDEX CONCURRENTLY") + DOWN


def test_what_is_suppressed_stays(tmp_path: Path) -> None:
    text = INDEX.replace(
        "CREATE INDEX", "-- migration-lint: ignore[create-index-blocks-writes] small\nCREATE INDEX"
    )
    path = history(tmp_path, text)
    run(tmp_path, "check", "db", "--fix")
    assert "CREATE INDEX a" in path.read_text()


def test_standard_input_is_only_shown(tmp_path: Path) -> None:
    sql = "CREATE INDEX CONCURRENTLY i ON t (a);\n"
    assert check(tmp_path, "--diff", "-", stdin=sql).out == ""


def test_one_of_both(tmp_path: Path) -> None:
    history(tmp_path)
    assert run(tmp_path, "check", "db", "--fix", "--diff").code == 2
