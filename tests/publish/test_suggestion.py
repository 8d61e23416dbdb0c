"""Fixes as whole lines; where the text that was linted is not the pull request's, none."""

from __future__ import annotations

from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from migration_lint.findings import Edit, Fix
from migration_lint.publish.github.diff import ChangedFile, changed_file
from migration_lint.publish.github.suggestion import Suggestion, suggestion

from .world import FILE, edit, finding, patch

SQL = "-- first\nCREATE INDEX i ON t (a);\nSELECT 1;\n"


def file(text: str) -> ChangedFile:
    return changed_file(FILE, "added", patch(None, text))


def suggested(text: str, fix: Fix, line: int = 2, end_line: int | None = None) -> Suggestion | None:
    return suggestion(finding(line, end_line, fix=fix), file(text), "")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("INDEX", "INDEX CONCURRENTLY", (2, 2, "CREATE INDEX CONCURRENTLY i ON t (a);")),
        (
            "CREATE",
            "SET lock_timeout = '2s';\nCREATE",
            (2, 2, "SET lock_timeout = '2s';\nCREATE INDEX i ON t (a);"),
        ),
        ("CREATE INDEX i ON t (a);\n", "", (2, 2, None)),
        ("CREATE INDEX i ON t (a);\n", "SELECT 2;\n", (2, 2, "SELECT 2;")),
        ("CREATE INDEX i ON t (a);\n", "SELECT 2; ", (2, 3, "SELECT 2; SELECT 1;")),
        ("(a);\nSELECT", "(b);\nselect", (2, 3, "CREATE INDEX i ON t (b);\nselect 1;")),
        ("(a);\nSELECT", "(b);\nSELECT", (2, 2, "CREATE INDEX i ON t (b);")),
        ("first", "```\n@everyone", (1, 1, "-- ```\n@everyone")),
    ],
)
def test_edits_as_lines(old: str, new: str, expected: tuple[int, int, str | None]) -> None:
    assert suggested(SQL, edit(FILE, SQL, old, new)) == Suggestion(*expected)


def test_several_edits_of_one_fix() -> None:
    first, second = edit(FILE, SQL, "CREATE", "create"), edit(FILE, SQL, "(a)", "(a, b)")
    both = replace(first, edits=(*second.edits, *first.edits))
    assert suggested(SQL, both) == Suggestion(2, 2, "create INDEX i ON t (a, b);")


def test_windows_line_breaks() -> None:
    sql = SQL.replace("\n", "\r\n")
    assert suggested(sql, edit(FILE, sql, "(a)", "(b)")) == Suggestion(2, 2, "CREATE INDEX i ON t (b);")


def test_the_last_line_without_a_line_break() -> None:
    sql = "SELECT 1;\nCREATE INDEX i ON t (a);"
    assert suggested(sql, edit(FILE, sql, "INDEX", "INDEX CONCURRENTLY")) == Suggestion(
        2, 2, "CREATE INDEX CONCURRENTLY i ON t (a);"
    )


@pytest.mark.parametrize(
    "fix",
    [
        Fix("nothing", "safe"),
        Fix("a new file too", "safe", (Edit(FILE, 9, 15, "create"),), (("V3.sql", ""),)),
        Fix("elsewhere", "safe", (Edit("other.sql", 9, 15, "create"),)),
        Fix("past the end", "safe", (Edit(FILE, 9, 1000, "create"),)),
        Fix("before the start", "safe", (Edit(FILE, -5, 15, "create"),)),
        Fix("backwards", "safe", (Edit(FILE, 15, 9, "create"),)),
        Fix("overlapping", "safe", (Edit(FILE, 9, 15, "a"), Edit(FILE, 12, 18, "b"))),
        Fix("what is not seen", "safe", (Edit(FILE, 9, 15, "CREATE\u202e"),)),
    ],
    ids=lambda fix: fix.title,
)
def test_no_suggestion(fix: Fix) -> None:
    assert suggested(SQL, fix) is None


def test_a_fix_far_from_its_statement_is_about_another_text() -> None:
    assert suggested(SQL + "\n" * 9 + "SELECT 9;\n", edit(FILE, SQL, "first", "x"), line=13) is None


def test_a_changed_file_must_be_the_one_that_was_linted(tmp_path: Path) -> None:
    """A checkout has the merge with the base, where lines and offsets may be others."""
    (tmp_path / "db").mkdir()
    (tmp_path / FILE).write_text(SQL)
    fix = edit(FILE, SQL, "INDEX", "INDEX CONCURRENTLY")
    blob = sha1(b"blob %d\0" % len(SQL) + SQL.encode()).hexdigest()  # noqa: S324 - git's
    was = patch(SQL.replace("INDEX", "UNIQUE INDEX"), SQL)
    same = changed_file(FILE, "modified", was, blob)
    assert suggestion(finding(2, fix=fix), same, str(tmp_path)) is not None
    for other in (changed_file(FILE, "modified", was, "0" * 40), changed_file(FILE, "modified", was)):
        assert suggestion(finding(2, fix=fix), other, str(tmp_path)) is None
    assert suggestion(finding(2, fix=fix), same, "") is None
    assert suggestion(finding(2, fix=fix), same, str(tmp_path / "nowhere")) is None


def test_lines_that_the_diff_does_not_show(tmp_path: Path) -> None:
    old = "".join(f"SELECT {number};\n" for number in range(1, 41))
    new = old.replace("SELECT 20;", "SELECT 0;")
    (tmp_path / "db").mkdir()
    (tmp_path / FILE).write_text(new)
    blob = sha1(b"blob %d\0" % len(new) + new.encode()).hexdigest()  # noqa: S324
    shown = changed_file(FILE, "modified", patch(old, new), blob)
    assert shown.hunks == ((17, 23),)
    assert suggestion(finding(30, fix=edit(FILE, new, "SELECT 30", "SELECT 3")), shown, str(tmp_path)) is None
    assert suggestion(finding(23, fix=edit(FILE, new, "SELECT 23", "SELECT 3")), shown, str(tmp_path))


LINES = st.lists(st.text("ab;\t ", max_size=6), min_size=1, max_size=8).map("\n".join)


@given(LINES, st.data())
def test_a_suggestion_taken_is_the_fix_applied(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new = data.draw(LINES)
    expected = text[:start] + new + text[end:]
    made = suggestion(
        finding(1, 99, fix=Fix("", "safe", (Edit(FILE, start, end, new),))),
        ChangedFile(FILE, ((1, text.count("\n") + 1),), text),
        "",
    )
    assert made is not None
    lines = text.split("\n")
    lines[made.first - 1 : made.last] = [] if made.text is None else made.text.split("\n")
    assert "\n".join(lines) == expected
