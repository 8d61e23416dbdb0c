from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_lint.linting.comments import comments, without_comments


def found(sql: str) -> list[str]:
    return [sql[start:end] for start, end in comments(sql, 0, len(sql))]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 -- a", ["-- a"]),
        ("select 1 -- a\r\n, 2", ["-- a"]),
        ("--\n--\n", ["--", "--"]),
        ("/* a */ select /* b\n */", ["/* a */", "/* b\n */"]),
        ("/* a /* nested */ b */ c", ["/* a /* nested */ b */"]),
        ("select '-- no' -- yes", ["-- yes"]),
        ("select 'it''s -- no' -- yes", ["-- yes"]),
        (r"select E'\' -- no' -- yes", ["-- yes"]),
        ('select "-- no" -- yes', ["-- yes"]),
        ("do $$ -- no $$ -- yes", ["-- yes"]),
        ("do $a$ $$ -- no $a$ -- yes", ["-- yes"]),
        ("select $1 -- yes", ["-- yes"]),
        ("select a$b$ -- yes", ["-- yes"]),
        ("select 'never closed -- no", []),
        ("/* never closed", ["/* never closed"]),
        ("do $$ never closed -- no", []),
    ],
)
def test_comments_are_told_from_strings(sql: str, expected: list[str]) -> None:
    assert found(sql) == expected


def test_text_without_comments() -> None:
    assert without_comments("a -- b\n  /* c */ d\n\n'e -- f'") == "a d 'e -- f'"


@given(st.text(alphabet="-/*'\"$ae\\ \n;", max_size=60))
def test_comments_lie_within_the_text_in_order(sql: str) -> None:
    at = 0
    for start, end in comments(sql, 0, len(sql)):
        assert at <= start < end <= len(sql)
        assert sql[start : start + 2] in ("--", "/*")
        at = end
