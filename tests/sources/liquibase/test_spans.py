"""Whatever is in a changelog: no traceback, and every place lies in its changeSet."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from hypothesis import example, given, settings
from hypothesis import strategies as st

from migration_lint.model import Document, Error
from migration_lint.sources.tools.liquibase.change_sets import built
from migration_lint.sources.tools.liquibase.changelog import walk
from migration_lint.sources.tools.liquibase.changelogs import Changelogs, read_tree
from migration_lint.sources.tools.liquibase.documents import parse
from migration_lint.sources.tools.liquibase.documents.sql import parse_sql
from migration_lint.sources.tools.liquibase.files import files_of
from migration_lint.sources.tools.liquibase.filters import Filter
from migration_lint.sources.tools.liquibase.rendering import CHANGE_TYPES
from migration_lint.sources.tools.liquibase.splitting import cut
from migration_lint.sources.tools.liquibase.tree import Node, UnreadableError

WORDS = st.sampled_from(
    ["a", "b_c", "userId", "order", "int", "varchar(5)", "true", "it's", "ü€𝄞", "${p}", "1", ""]
)
TEXT = st.text(st.sampled_from("ab;'\"$-/*\n\r \t<>&{}ü€𝄞"), max_size=30)
NAMES = st.sampled_from(
    "tableName columnName name type value defaultValue columnNames indexName path file schemaName remarks"
    " constraintName oldTableName newTableName columnDataType splitStatements endDelimiter"
    " sequenceName".split()
)


@st.composite
def elements(draw: st.DrawFn) -> str:
    """A change with any attributes, columns and text."""
    name = draw(st.sampled_from(sorted({*CHANGE_TYPES, "oddChange"})))
    attributes = draw(st.dictionaries(NAMES, WORDS, max_size=5))
    columns = draw(st.lists(st.dictionaries(NAMES, WORDS, max_size=4), max_size=3))
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    inner = "".join(
        "<column" + "".join(f"\n {key}={quoteattr(value)}" for key, value in column.items()) + "/>"
        for column in columns
    )
    text = draw(TEXT)
    body = f"<![CDATA[{text.replace(']]>', '')}]]>" if draw(st.booleans()) else escape(text)
    return f"<{name}{written}>{inner}{body}</{name}>"


@st.composite
def changelogs(draw: st.DrawFn) -> str:
    sets = draw(
        st.lists(st.tuples(st.lists(elements(), max_size=3), st.lists(elements(), max_size=1)), max_size=3)
    )
    made = "\r\n".join(
        f"<!-- ü --><changeSet id='{number}' author='ü'>{''.join(changes)}"
        + "".join(f"<rollback>{change}</rollback>" for change in rollback)
        + "</changeSet>"
        for number, (changes, rollback) in enumerate(sets)
    )
    return f"<databaseChangeLog>\n{made}</databaseChangeLog>"


@settings(max_examples=150, deadline=None)
@given(changelogs())
@example(
    "<databaseChangeLog><changeSet id='0' author='ü'><sql><![CDATA[;\r<]]></sql></changeSet>"
    "<changeSet id='1' author='ü'><sql>;</sql></changeSet></databaseChangeLog>"
)
@example(
    "<databaseChangeLog><!-- ü --><changeSet id='0' author='ü'><createProcedure>;</createProcedure>"
    "<sql>a</sql></changeSet></databaseChangeLog>"
)
def test_every_place_lies_in_its_change_set(text: str) -> None:
    files = files_of("/nowhere", (), None)
    document = Document("c.xml", text)
    run = walk(Changelogs(files, document), ["c.xml"], Filter(), {})
    assert run.errors == []
    others = {one.key: one for one in run.change_sets}
    for one in run.change_sets:
        assert text[one.node.start : one.node.end].startswith("<changeSet")
        assert text[one.node.start : one.node.end].endswith("</changeSet>")
        made = built(one, others, files, Filter(), one.key)
        for script in (made.entry.migration.up, made.entry.migration.down):
            if script is None or not script.sql:
                continue
            comments = len(script.sql) - len(re.sub(r"\A(?:-- ü\n ?)+", "", script.sql))
            for at, place, length in script.pieces:
                assert place + length <= one.node.end
                assert one.node.start <= place or at < comments
                assert 0 <= at < len(script.sql)
            for start in range(comments, len(script.sql), 7):
                span = script.span(start, min(start + 5, len(script.sql)))
                assert one.node.start <= span.start <= span.end <= one.node.end


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.sampled_from("ab;'\"$-\n \t:ü€𝄞#>|\\"), max_size=40), st.sampled_from(['"', "'", "|", ">", ""])
)
def test_yaml_texts_are_found_again(value: str, style: str) -> None:
    import yaml

    text = "databaseChangeLog:\n- changeSet:\n    id: " + yaml.dump(
        value, default_style=style or None, allow_unicode=True, indent=6
    )
    try:
        root = parse(Document("c.yaml", text), "yaml")
    except UnreadableError:
        return
    node = root.children[0].children[0]
    if node.text is None or not node.text.value:
        return
    pieces = node.text.pieces
    assert [at for at, _, _ in pieces] == sorted({at for at, _, _ in pieces})
    for number, (at, place, length) in enumerate(pieces):
        after = pieces[number + 1][0] if number + 1 < len(pieces) else len(node.text.value)
        if after - at == length and length > 1:
            assert text[place : place + length] == node.text.value[at:after]


def _nodes(node: Node) -> list[Node]:
    return [node, *(inner for child in node.children for inner in _nodes(child))]


LINES = st.sampled_from(
    [
        "--changeset a:1",
        "--changeset a:2 splitStatements:false endDelimiter:/",
        '-- changeset "a b":c runInTransaction:false',
        "--rollback drop table t;",
        "--rollback not required",
        "--rollback changesetId:1 changesetAuthor:a",
        "/* liquibase rollback",
        "*/",
        "--preconditions onFail:MARK_RAN",
        "--precondition-sql-check expectedResult:0 select 1",
        "--property name:p value:v",
        "--ignoreLines:1",
        "--ignoreLines:start",
        "--comment: ü",
        "select '${p}; ü';",
        "create table t (a int); -- ü",
        "",
        "-changeset x",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_formatted_sql_is_the_text_of_the_file(lines: list[str], end: str) -> None:
    text = end.join(["--liquibase formatted sql", *lines])
    root, _ = parse_sql(Document("c.sql", text))
    for node in _nodes(root):
        assert 0 <= node.start <= node.end <= len(text) + 1
        for number, (at, place, length) in enumerate(node.text.pieces if node.text else ()):
            assert node.text is not None
            pieces = node.text.pieces
            after = pieces[number + 1][0] if number + 1 < len(pieces) else len(node.text.value)
            if after - at == length:
                assert text[place : place + length] == node.text.value[at:after]


@settings(max_examples=200, deadline=None)
@given(TEXT, st.sampled_from([None, "/", "@@", "\\n/\\s*\\n|\\n/\\s*$", "(", "go", "$$"]))
def test_cuts_are_in_order(text: str, delimiter: str | None) -> None:
    bounds = cut(text, delimiter)
    assert all(start < end for start, end in bounds)
    assert bounds == sorted(bounds)
    assert all(before[1] <= after[0] for before, after in pairwise(bounds))


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=200), st.builds("<databaseChangeLog>{}".format, st.text(max_size=80))))
def test_any_text_is_read_or_named(text: str) -> None:
    for kind in ("xml", "yaml", "json", "sql"):
        found = read_tree(Document(f"c.{kind}", text), kind)
        assert found.message if isinstance(found, Error) else found[1].name == "databaseChangeLog"
