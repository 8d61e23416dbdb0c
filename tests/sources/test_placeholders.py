from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_lint.model import Document, Script
from migration_lint.sources.placeholders import Replaced, replace

VALUES = {"schema": "app", "n": "", "long": "a_rather_long_value", "same": "1234567", "again": "${schema}"}


def replaced(text: str) -> Replaced:
    return replace(text, "${", "}", VALUES.get)


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("SELECT 1;", "SELECT 1;"),
        ("${schema}", "app"),
        ("a${n}b", "ab"),
        ("${schema}.${long}", "app.a_rather_long_value"),
        ("'${schema}' -- ${schema}", "'app' -- app"),
        ("$$ ${schema} $$", "$$ app $$"),
        ("${again}", "${schema}"),  # a value is not looked at again
        ("${ schema }", "__ schema _".replace(" ", "_")),
    ],
)
def test_values_take_the_place_of_placeholders(text: str, sql: str) -> None:
    assert replaced(text).sql == sql


def test_what_has_no_value_becomes_a_name_of_the_same_length() -> None:
    text = "ALTER TABLE ${no:such}.users ADD x int; -- ${open"
    found = replaced(text)
    assert found.sql == "ALTER TABLE __no_such_.users ADD x int; -- ${open"
    assert found.unresolved == ((12, "no:such"), (text.index("${open"), None))


def test_other_marks() -> None:
    assert replace("@@x@@ ${x}", "@@", "@@", lambda name: name.upper()).sql == "X ${x}"


def test_a_span_over_a_value_holds_the_whole_placeholder() -> None:
    text = "ALTER TABLE ${schema}.users;\nDROP TABLE ${long};"
    found = replaced(text)
    script = Script(Document("x.sql", text), found.sql, pieces=found.pieces)

    def shown(part: str) -> str:
        start = found.sql.index(part)
        span = script.span(start, start + len(part))
        return text[span.start : span.end]

    assert shown("app") == "${schema}"
    assert shown("pp.us") == "${schema}.us"
    assert shown("TABLE a") == "TABLE ${schema}"
    assert shown("rather") == "${long}"
    assert shown("DROP TABLE a_rather_long_value;") == "DROP TABLE ${long};"
    assert script.span(found.sql.index("DROP"), len(found.sql)).line == 2


TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["${schema}", "${n}", "${long}", "${same}", "${unknown}", "${", "}", "\n", "\r\n"]),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)


@given(TEXTS, st.data())
def test_every_span_lies_in_the_file_and_unreplaced_text_is_itself(text: str, data: st.DataObject) -> None:
    found = replaced(text)
    script = Script(Document("x.sql", text), found.sql, pieces=found.pieces)
    start = data.draw(st.integers(0, len(found.sql)))
    stop = data.draw(st.integers(start, len(found.sql)))
    span = script.span(start, stop)
    assert 0 <= span.start <= span.end <= len(text)
    ends = [*(at for at, _, _ in found.pieces[1:]), len(found.sql)][: len(found.pieces)]
    for (at, place, length), end in zip(found.pieces, ends, strict=True):
        if text.startswith("${", place):
            continue
        assert end - at == length
        assert found.sql[at:end] == text[place : place + length]
        inner = script.span(at, end)
        assert (inner.start, inner.end) == (place, place + length)


@given(TEXTS)
def test_the_pieces_cover_the_file_and_the_sql_in_order(text: str) -> None:
    found = replaced(text)
    if not found.pieces:
        assert found.sql == text
        return
    assert [place for _, place, _ in found.pieces] == [
        sum(length for *_, length in found.pieces[:n]) for n in range(len(found.pieces))
    ]
    assert sum(length for *_, length in found.pieces) == len(text)
    assert sorted(found.pieces) == list(found.pieces)
