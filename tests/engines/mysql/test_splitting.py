"""A script as the client reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_lint.engines.mysql.grammar.statements import parse
from migration_lint.engines.mysql.server import MARIADB, MYSQL, Server, server_of
from migration_lint.engines.mysql.splitting import split
from migration_lint.engines.mysql.syntax import (
    AlterTable,
    CreateCode,
    CreateTable,
    CreateTrigger,
    CreateView,
    Statement,
    UnknownStatement,
)

from .reading import HERE


def server(flavour: str = MYSQL, version: str | None = None) -> Server:
    found = server_of(flavour, version)
    assert found is not None
    return found


def texts(sql: str, flavour: str = MYSQL, version: str | None = None) -> list[str]:
    return [" ".join(piece.sql.split()) for piece in split(sql, server(flavour, version))[0]]


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("a; b;\nc", ["a", "b", "c"]),
        ("select ';', \"a;b\", `c;d`; e", ["select ';', \"a;b\", `c;d`", "e"]),
        ("select 'a\\';b'; c", ["select 'a\\';b'", "c"]),
        ("select 'a'';b'; c", ["select 'a'';b'", "c"]),
        ("a -- b;c\n; d # e;f\n; g /* h; i */ j", ["a", "d", "g j"]),
        ("select 1--1; b", ["select 1--1", "b"]),
        ("delimiter $$\na; b$$\ndelimiter ;\nc;", ["a; b", "c"]),
        (
            "DELIMITER //\ncreate procedure p() begin a; end//\nDELIMITER ;",
            ["create procedure p() begin a; end"],
        ),
        ("a \\G\nb;", ["a", "b"]),
        (
            "set sql_mode='ANSI_QUOTES'; select \"a\\\"; b",
            ["set sql_mode='ANSI_QUOTES'", 'select "a\\"', "b"],
        ),
        (
            "set sql_mode='NO_BACKSLASH_ESCAPES'; select 'a\\'; b",
            ["set sql_mode='NO_BACKSLASH_ESCAPES'", "select 'a\\'", "b"],
        ),
        ("", []),
        (";;\n -- nothing\n", []),
    ],
)
def test_statements(sql: str, wanted: list[str]) -> None:
    assert texts(sql) == wanted


@pytest.mark.parametrize(
    ("comment", "flavour", "version", "runs"),
    [
        ("/*! x */", MYSQL, "8.4.13", True),
        ("/*!50699 x */", MYSQL, "8.4.13", True),
        ("/*!80000 x */", MYSQL, "8.4.13", True),
        ("/*!080000 x */", MYSQL, "8.4.13", True),
        ("/*!99999 x */", MYSQL, "8.4.13", False),
        ("/*!100100 x */", MYSQL, "8.4.13", False),
        ("/*M! x */", MYSQL, "8.4.13", False),
        ("/*M!50701 x */", MYSQL, "8.4.13", False),
        ("/*!80023 x */", MYSQL, "8.0.22", False),
        ("/*!80023 x */", MYSQL, "8.0.23", True),
        ("/*!50699 x */", MARIADB, "10.11.6", True),
        ("/*!50701 x */", MARIADB, "10.11.6", False),
        ("/*!80023 x */", MARIADB, "10.11.6", False),
        ("/*!101100 x */", MARIADB, "10.11.6", True),
        ("/*!110000 x */", MARIADB, "10.11.6", False),
        ("/*M! x */", MARIADB, "10.11.6", True),
        ("/*M!100300 x */", MARIADB, "10.11.6", True),
        ("/*M!999999 x */", MARIADB, "10.11.6", False),
    ],
)
def test_executable_comments(comment: str, flavour: str, version: str, runs: bool) -> None:
    """As MySQL 8.4.13 answered ``SELECT 1 /*!… +1 */``, and as MariaDB's manual says."""
    assert texts(f"a {comment} b", flavour, version) == ["a x b" if runs else "a b"]


def test_a_body_without_delimiter_is_one_statement() -> None:
    """Tools that send statement by statement know blocks."""
    sql = (
        "create trigger g before insert on t for each row begin if a then set b = 1; end if; "
        "case c when 1 then set d = 1; end case; end; alter table t force;"
    )
    assert [text[:14] for text in texts(sql)] == ["create trigger", "alter table t "]


@pytest.mark.parametrize(
    ("sql", "what"), [("select 'a; b", "a quote"), ("a /* b", "a comment"), ("a /*! b", "a comment")]
)
def test_what_is_open_is_told(sql: str, what: str) -> None:
    _, unclosed = split(sql, server())
    assert [(one.what, one.at) for one in unclosed] == [
        (what, sql.index("'") if "'" in sql else sql.index("/"))
    ]


_MARKS = """a ; ' " ` \\ -- # /* */ /*!80000 /*!99999 /*M! $$ begin end é""".split()
_PARTS = st.lists(
    st.sampled_from([*_MARKS, " ", "\n", "\t", "\ndelimiter $$\n", "\ndelimiter ;\n", "create procedure p()"])
    | st.text(max_size=5),
    max_size=30,
).map("".join)


@given(_PARTS, st.sampled_from([MYSQL, MARIADB]))
def test_join_of_parts_equals_the_whole(sql: str, flavour: str) -> None:
    """Statements are slices in order; each keeps its length; nothing but blanks is changed in them."""
    pieces, _ = split(sql, server(flavour))
    whole, at = "", 0
    for piece in pieces:
        assert at <= piece.start < piece.end <= len(sql)
        raw = sql[piece.start : piece.end]
        assert len(piece.sql) == len(raw)
        assert all(shown in (mark, " ") for shown, mark in zip(piece.sql, raw, strict=True))
        whole += sql[at : piece.start] + raw
        at = piece.end
    assert whole + sql[at:] == sql


@given(_PARTS)
def test_any_text_is_read(sql: str) -> None:
    for piece in split(sql, server())[0]:
        assert parse(piece) is not None


@given(
    st.lists(
        st.sampled_from(["ALTER TABLE t FORCE", "SELECT ';'", "INSERT INTO t VALUES ('a\\'; b')"]), max_size=6
    )
)
def test_statements_come_back(statements: list[str]) -> None:
    assert texts("".join(f"{sql};\n" for sql in statements)) == statements


@pytest.mark.parametrize("flavour", [MYSQL, MARIADB])
def test_a_dump_with_routines_and_triggers(flavour: str) -> None:
    """A file that mariadb-dump --routines --triggers --events wrote."""
    pieces, unclosed = split((HERE / "dump.sql").read_text(encoding="utf-8"), server(flavour))
    found = [parse(piece) for piece in pieces]
    assert not unclosed
    assert [one for one in found if isinstance(one, UnknownStatement)] == []

    def of(kind: type[Statement]) -> list[Statement]:
        return [one for one in found if isinstance(one, kind)]

    assert [table.table.name for table in of(CreateTable) if isinstance(table, CreateTable)] == [
        "child",
        "hist",
        "part",
        "shop",
    ]
    assert [one.kind for one in found if isinstance(one, CreateCode)] == ["event", "function", "procedure"]
    (trigger,) = [one for one in found if isinstance(one, CreateTrigger)]
    assert trigger.table.name == "shop" and trigger.body.rstrip().endswith("end")
    (part,) = [one for one in found if isinstance(one, CreateTable) and one.table.name == "part"]
    assert part.scheme is not None and part.scheme.partitions == ("p0", "pmax")
    assert len(of(CreateView)) == 2
    assert len(of(AlterTable)) == 8  # DISABLE KEYS and ENABLE KEYS of each table
