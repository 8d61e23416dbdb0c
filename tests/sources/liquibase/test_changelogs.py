"""What is run, in which order and how: includes, properties, filters, transactions, rollbacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import Disorder, DownOrigin, History, TransactionMode
from migration_lint.sources import detect, find, load

from ..folders import problems, write
from .changelogs import change_set, plain, sql, ups, xml

ONE = xml(change_set("1", sql("select 1")))


def read(tmp_path: Path, files: dict[str, str], **settings: object) -> History:
    write(tmp_path, files)
    return load([tmp_path.as_posix()], settings={"liquibase": settings})[0]


FORMATS = {
    "c.xml": ONE,
    "c.yaml": (
        "databaseChangeLog:\n- changeSet:\n    id: 1\n    author: a\n    changes:\n    - sql: select 1\n"
    ),
    "c.json": (
        '{"databaseChangeLog": [{"changeSet":'
        ' {"id": "1", "author": "a", "changes": [{"sql": {"sql": "select 1"}}]}}]}'
    ),
    "c.sql": "--liquibase formatted sql\n\n--changeset a:1\nselect 1\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_same(tmp_path: Path, name: str) -> None:
    history = read(tmp_path, {name: FORMATS[name]})
    assert history.tool == "liquibase"
    assert history.errors == ()
    assert [migration.id for migration in history.migrations] == [f"{name}::1::a"]
    assert ups(history) == ["select 1"]
    [migration] = history.migrations
    assert migration.up.transaction is TransactionMode.ONE


MASTER = xml(
    '<include file="changes/b.xml" relativeToChangelogFile="true"/>', '<include file="db/changes/a.sql"/>'
)


def test_includes_run_where_they_stand(tmp_path: Path) -> None:
    files = {
        "db/master.xml": MASTER,
        "db/changes/b.xml": ONE,
        "db/changes/a.sql": FORMATS["c.sql"].replace("select 1", "select 2"),
    }
    write(tmp_path, files)
    assert find(tmp_path.as_posix()) == [(f"{tmp_path.as_posix()}/db", "liquibase")]
    [history] = load([f"{tmp_path.as_posix()}/db"])
    assert history.errors == ()
    assert [migration.id for migration in history.migrations] == [
        "changes/b.xml::1::a",
        "changes/a.sql::1::a",
    ]
    assert ups(history) == ["select 1", "select 2"]


def test_a_file_below_belongs_to_the_changelog_that_includes_it(tmp_path: Path) -> None:
    write(tmp_path, {"db/master.xml": MASTER, "db/changes/b.xml": ONE, "db/changes/a.sql": FORMATS["c.sql"]})
    [history] = load([f"{tmp_path.as_posix()}/db/changes/b.xml"])
    assert history.root == f"{tmp_path.as_posix()}/db"
    assert history.targets == {"changes/b.xml::1::a"}


def test_include_all_sorts_paths_as_text(tmp_path: Path) -> None:
    files = {f"v/{name}": f"select '{name}'" for name in ("10.sql", "2.sql", "1.sql", "b/1.sql", "note.txt")}
    history = read(tmp_path, {"c.xml": xml('<includeAll path="v/"/>'), **files})
    assert history.errors == ()
    assert ups(history) == [f"select '{name}'" for name in ("1.sql", "10.sql", "2.sql", "b/1.sql")]


def test_the_properties_file_names_the_changelog(tmp_path: Path) -> None:
    files = {
        "liquibase.properties": (
            "changeLogFile=resources/db/main.xml\nclasspath: resources\nparameter.what=7\n"
        ),
        "resources/db/main.xml": xml('<include file="db/one.xml"/>'),
        "resources/db/one.xml": xml(change_set("1", sql("select ${what}"))),
    }
    write(tmp_path, files)
    assert find(tmp_path.as_posix()) == [(f"{tmp_path.as_posix()}/resources/db", "liquibase")]
    [history] = load([f"{tmp_path.as_posix()}/resources/db"])
    assert ups(history) == ["select 7"]
    assert f"{tmp_path.as_posix()}/liquibase.properties" in history.configuration


PROPERTIES = xml(
    '<property name="a" value="first"/>',
    '<property name="a" value="second"/>',
    '<property name="b" value="my" dbms="mysql"/>',
    '<property name="b" value="pg" dbms="postgresql"/>',
    '<property name="c" value="tested" context="test"/>',
    '<property name="c" value="other"/>',
    '<property name="d" value="mine" global="false"/>',
    change_set("1", sql("select '${a} ${b} ${c} ${d} ${:a}'")),
    '<include file="inner.xml"/>',
)


def test_properties(tmp_path: Path) -> None:
    inner = xml(
        '<property name="d" value="inner" global="false"/>', change_set("2", sql("select '${A}', '${d}'"))
    )
    history = read(tmp_path, {"c.xml": PROPERTIES, "inner.xml": inner}, contexts=["prod"])
    assert ups(history) == ["select 'first pg other mine ${a}'", "select 'first', 'inner'"]


def test_a_property_without_a_value_is_named(tmp_path: Path) -> None:
    history = read(tmp_path, {"c.xml": xml(change_set("1", sql("select\n ${gone}")))})
    expected = "no value is set for the property ${gone}: Liquibase runs it as it is written"
    assert problems(history) == [("c.xml", 3, expected)]
    assert read(tmp_path, {}, parameters={"gone": 3}).errors == ()


CONTEXTS = xml(
    change_set("always", sql("select 1")),
    change_set("test", sql("select 2"), context="test"),
    change_set("not test", sql("select 3"), context="!test"),
    change_set("either", sql("select 4"), contextFilter="prod or test"),
    change_set("both", sql("select 5"), context="prod and test"),
    change_set("list", sql("select 6"), context="x, (prod and !test)"),
    change_set("asked", sql("select 7"), context="@test"),
    change_set("off", sql("select 8"), ignore="true"),
)


@pytest.mark.parametrize(
    ("contexts", "expected"),
    [
        ([], [1, 2, 3, 4, 5, 6]),
        (["test"], [1, 2, 4, 7]),
        (["prod"], [1, 3, 4, 6]),
        (["prod", "test"], [1, 2, 4, 5, 7]),
    ],
)
def test_contexts(tmp_path: Path, contexts: list[str], expected: list[int]) -> None:
    history = read(tmp_path, {"c.xml": CONTEXTS}, contexts=contexts)
    assert ups(history) == [f"select {number}" for number in expected]


@pytest.mark.parametrize(("labels", "expected"), [("", "123"), ("x", "13"), ("!x", "23"), ("x and y", "13")])
def test_labels(tmp_path: Path, labels: str, expected: str) -> None:
    sets = (change_set("1", labels="x,y"), change_set("2", labels="z"), change_set("3"))
    history = read(tmp_path, {"c.xml": xml(*sets)}, labels=labels)
    assert "".join(migration.id.split("::")[1] for migration in history.migrations) == expected


DBMS = xml(
    change_set("1", sql("select 'pg'"), dbms="postgresql"),
    change_set("2", sql("select 'my'"), dbms="mysql"),
    change_set("3", sql("select 'no h2'"), dbms="!h2"),
    change_set("4", sql("select 'both pg'", dbms="postgresql"), sql("select 'both my'", dbms="mysql")),
    change_set(
        "5", '<preConditions onFail="MARK_RAN"><dbms type="oracle"/></preConditions>', sql("select 'ora'")
    ),
    change_set(
        "6",
        '<preConditions onFail="MARK_RAN"><not><dbms type="mysql"/></not>'
        '<tableExists tableName="t"/></preConditions>',
        sql("select 'maybe'"),
    ),
)


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ("postgresql", ["select 'pg'", "select 'no h2'", "select 'both pg'", "select 'maybe'"]),
        ("mysql", ["select 'my'", "select 'no h2'", "select 'both my'"]),
    ],
)
def test_databases_and_preconditions(tmp_path: Path, database: str, expected: list[str]) -> None:
    assert ups(read(tmp_path, {"c.xml": DBMS}, database=database)) == expected


def test_a_changelog_for_another_database_stops_the_run(tmp_path: Path) -> None:
    history = read(
        tmp_path, {"c.xml": xml('<preConditions><dbms type="oracle"/></preConditions>', change_set("1"))}
    )
    assert problems(history) == [
        ("c.xml", 1, "its preconditions are not for postgresql: Liquibase stops there")
    ]


@pytest.mark.parametrize(
    ("attributes", "change", "mode"),
    [
        ({}, sql("select 1; select 2"), TransactionMode.ONE),
        ({"runInTransaction": "false"}, sql("select 1; select 2"), TransactionMode.EACH),
        (
            {"runInTransaction": "false"},
            sql("select 1; select 2", splitStatements="false"),
            TransactionMode.NONE,
        ),
        ({"runInTransaction": "false"}, sql("select 1", splitStatements="false"), TransactionMode.EACH),
        ({"runWith": "psql"}, sql("select 1; select 2"), TransactionMode.EACH),
    ],
)
def test_who_wraps_a_change_set(
    tmp_path: Path, attributes: dict[str, str], change: str, mode: TransactionMode
) -> None:
    [migration] = read(tmp_path, {"c.xml": xml(change_set("1", change, **attributes))}).migrations
    assert migration.up.transaction is mode


CREATE = '<createTable tableName="t"><column name="a" type="int"/></createTable>'


@pytest.mark.parametrize(
    ("changes", "origin", "down"),
    [
        ([CREATE], DownOrigin.DERIVED, "DROP TABLE t"),
        ([CREATE, sql("select 1")], DownOrigin.NONE, ""),
        ([CREATE, "<rollback/>"], DownOrigin.WRITTEN, ""),
        (
            [CREATE, "<rollback>drop table t; select 1</rollback>"],
            DownOrigin.WRITTEN,
            "drop table t; select 1",
        ),
        (
            [CREATE, '<rollback changeSetId="0" changeSetAuthor="a"/>'],
            DownOrigin.WRITTEN,
            "ALTER TABLE u RENAME TO v",
        ),
        (['<tagDatabase tag="v1"/>'], DownOrigin.DERIVED, ""),
    ],
)
def test_rollbacks(tmp_path: Path, changes: list[str], origin: DownOrigin, down: str) -> None:
    first = change_set("0", '<renameTable oldTableName="u" newTableName="v"/>')
    history = read(tmp_path, {"c.xml": xml(first, change_set("1", *changes))})
    assert history.errors == ()
    assert history.migrations[1].down_origin is origin
    assert plain(history.migrations[1].down) == down


def test_a_change_type_that_is_not_known_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    odd = '<customChange class="com.example.Fill"/>'
    files = {
        "c.xml": xml(
            change_set("1", "<paintTable/>\n", CREATE), change_set("2", odd), change_set("3", CREATE)
        )
    }
    history = read(tmp_path, files)
    assert problems(history) == [
        ("c.xml", 2, "paintTable: a change type that is not known here; what it does is not checked"),
        ("c.xml", 4, "customChange runs Java code: what it does is not known, and so not checked"),
    ]
    assert ups(history) == ["CREATE TABLE t (a INTEGER)", "", "CREATE TABLE t (a INTEGER)"]
    assert not history.complete


def test_a_file_is_read_where_it_stands(tmp_path: Path) -> None:
    alone = change_set("1", '<sqlFile path="s.sql" relativeToChangelogFile="true"/>')
    among = change_set("2", CREATE, '<sqlFile path="s.sql"/>')
    history = read(tmp_path, {"c.xml": xml(alone, among), "s.sql": "-- why\nselect 1;\nselect 2;\n"})
    first, second = history.migrations
    assert first.path.endswith("s.sql")
    at = first.up.sql.index("select 2")
    assert first.up.span(at, at + 8).line == 3
    assert second.path.endswith("c.xml")
    at = second.up.sql.index("select 2")
    span = second.up.span(at, at + 8)
    assert second.up.document.text[span.start : span.end] == '<sqlFile path="s.sql"/>'


def test_a_body_that_liquibase_cuts_is_told(tmp_path: Path) -> None:
    body = "create function f() returns int as $$\nbegin if true then return 1; end if; return 2; end $$;"
    history = read(tmp_path, {"c.xml": xml(change_set("1", sql(body)))})
    [(path, line, message)] = problems(history)
    assert (path, line) == ("c.xml", 2)
    assert message.startswith("Liquibase cuts this body at a semicolon")
    whole = xml(change_set("1", sql(body, splitStatements="false")))
    assert read(tmp_path, {"c.xml": whole}).errors == ()


def test_an_id_that_is_given_twice(tmp_path: Path) -> None:
    history = read(tmp_path, {"c.xml": xml(change_set("1", CREATE), change_set("1", CREATE))})
    assert len({migration.id for migration in history.migrations}) == 2
    [irregularity] = history.irregularities
    assert irregularity.disorder is Disorder.DUPLICATE
    assert irregularity.line == 3


@pytest.mark.parametrize("attribute", ["runOnChange", "runAlways"])
def test_what_runs_again(tmp_path: Path, attribute: str) -> None:
    [migration] = read(tmp_path, {"c.xml": xml(change_set("1", CREATE, **{attribute: "true"}))}).migrations
    assert migration.repeatable


def test_comments_of_the_changelog_are_heard_by_the_linter(tmp_path: Path) -> None:
    ignore = "migration-lint: ignore[drop-table] nobody reads it"
    drop = '<dropTable tableName="t"/>'
    head = "databaseChangeLog:\n- changeSet:\n    id: 1\n    author: a\n    changes:\n"
    yaml = f"{head}    # {ignore}\n    - dropTable:\n"
    for name, text in {
        "c.xml": xml(change_set("1", f"<!-- {ignore} -->", drop)),
        "c.yaml": yaml + "        tableName: t\n",
    }.items():
        folder = tmp_path / name[2:]
        [migration] = read(folder, {name: text}).migrations
        assert migration.up.sql.startswith(f"-- {ignore}\nDROP TABLE t")


SQL_SLIPS = {
    "select 1;\n--changeset a:1\nselect 2;\n": (
        2,
        "stands before the first changeset: Liquibase never runs it",
    ),
    "--changeset nobody\nselect 1;\n": (2, "a changeset without author:id"),
    "-changeset a:1\nselect 1;\n": (2, "Liquibase stops here: write --changeset author:id or --comment"),
    "--changeset a:1\n/* liquibase rollback\nselect 1;\n": (3, "a rollback never ends"),
}


@pytest.mark.parametrize("text", SQL_SLIPS)
def test_slips_of_formatted_sql(tmp_path: Path, text: str) -> None:
    history = read(tmp_path, {"c.sql": "--liquibase formatted sql\n" + text})
    assert ("c.sql", *SQL_SLIPS[text]) in problems(history)


def test_a_change_set_of_standard_input() -> None:
    from io import BytesIO

    for text in FORMATS.values():
        [history] = load(["-"], tool="liquibase", stdin=BytesIO(text.encode()))
        assert history.errors == ()
        assert ups(history) == ["select 1"]


@pytest.mark.parametrize("name", ["package.json", "pom.xml", "values.yaml", "V1__a.sql"])
def test_other_files_are_not_taken_for_changelogs(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path, {name: "<project/>" if name.endswith("xml") else "a: 1\n"})
    assert "liquibase" not in detect(folder)
