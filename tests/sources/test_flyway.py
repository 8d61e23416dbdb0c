from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import Disorder, DownOrigin, TransactionMode
from migration_lint.sources import load
from tests.sources.folders import empty, ids, problems, targets, write

ONE, EACH = TransactionMode.ONE, TransactionMode.EACH
INDEX = "CREATE INDEX CONCURRENTLY i ON t (c);"


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["V10__c.sql", "V2__b.sql", "V1__a.sql"], ["V1", "V2", "V10"]),
        (["V1.10__b.sql", "V1.9__a.sql", "V1_1__c.sql"], ["V1.1", "V1.9", "V1.10"]),
        (["V20240102030405__b.sql", "V3__a.sql"], ["V3", "V20240102030405"]),
        (["R__b.sql", "R__a.sql", "V9__x.sql"], ["V9", "R__a", "R__b"]),
        (["sub/deep/V2__b.sql", "V1__a.sql", ".hidden/V3__c.sql"], ["V1", "V2"]),
        (
            ["afterMigrate.sql", "R__r.sql", "V1__a.sql", "beforeMigrate.sql", "beforeRepeatables__x.sql"],
            ["beforeMigrate", "V1", "beforeRepeatables__x", "R__r", "afterMigrate"],
        ),
        (["V2.sql", "V1__a.sql"], ["V1", "V2"]),
        (["V1__a.SQL", "V02__b.sql"], ["V1", "V02"]),
    ],
)
def test_order(tmp_path: Path, names: list[str], order: list[str]) -> None:
    [history] = load([write(tmp_path, empty(*names))])
    assert ids(history) == targets(history) == order
    assert problems(history) == []


def test_callbacks_of_one_name_are_told_apart(tmp_path: Path) -> None:
    root = write(tmp_path, empty("a/afterMigrate.sql", "V1__a.sql", "afterMigrate.sql"))
    [history] = load([root])
    assert ids(history) == ["V1", "afterMigrate", f"{root}/afterMigrate.sql"]


def test_undo_scripts_belong_to_their_versions(tmp_path: Path) -> None:
    root = write(tmp_path, empty("V1__a.sql", "V2.0__b.sql", "U2__other_words.sql", "U7__gone.sql"))
    [history] = load([root])
    first, second = history.migrations
    assert (first.down, first.down_origin) == (None, DownOrigin.NONE)
    assert second.down is not None
    assert (second.down.document.path, second.down_origin) == (
        f"{root}/U2__other_words.sql",
        DownOrigin.WRITTEN,
    )
    assert problems(history) == [("U7__gone.sql", 1, "undoes version 7, which is not there")]


def test_repeatable_migrations_are_marked(tmp_path: Path) -> None:
    [history] = load([write(tmp_path, empty("V1__a.sql", "R__b.sql", "afterMigrate.sql"))])
    assert [migration.repeatable for migration in history.migrations] == [False, True, True]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("V2_b.sql", "Flyway never runs it: '2_b' is no version (the form is V1__description.sql)"),
        (
            "v2__b.sql",
            "Flyway never runs it: the name begins with none of V, U, R, B, a callback's event",
        ),
        (
            "V__b.sql",
            "Flyway never runs it: the version is missing (the form is V1__description.sql)",
        ),
        ("V2.x__b.sql", "Flyway never runs it: '2.x' is no version (the form is V1__description.sql)"),
        ("V2.__b.sql", "Flyway never runs it: '2.' is no version (the form is V1__description.sql)"),
        ("V2__b.sql.conf", "settings of a script that is not there"),
        ("V2__b.java", "a java migration: what it does is not known, and so not checked"),
        ("R__b.py", "a py migration: what it does is not known, and so not checked"),
    ],
)
def test_what_is_not_run_or_not_understood_is_said(tmp_path: Path, name: str, message: str) -> None:
    [history] = load([write(tmp_path, empty("V1__a.sql", name))])
    assert ids(history) == ["V1"]
    assert problems(history) == [(name, 1, message)]


@pytest.mark.parametrize("name", ["R1__b.sql", "beforeMigratex.sql"])
def test_a_version_where_none_belongs(tmp_path: Path, name: str) -> None:
    [history] = load([write(tmp_path, empty("V1__a.sql", name))])
    [(path, _, message)] = problems(history)
    assert path == name
    assert message.startswith("Flyway never runs it: ")


@pytest.mark.parametrize("name", ["Helper.java", "notes.md", "V1__a.sql.bak"])
def test_other_files_are_none_of_flyways_business(tmp_path: Path, name: str) -> None:
    [history] = load([write(tmp_path, empty("V1__a.sql", name))])
    assert problems(history) == []


@pytest.mark.parametrize(
    ("names", "first", "second"),
    [
        (["V1__a.sql", "V1.0__b.sql"], "V1__a.sql", "V1.0__b.sql"),
        (["V1__a.sql", "x/V01__b.sql"], "V1__a.sql", "x/V01__b.sql"),
        (["V1__a.sql", "R__b_c.sql", "x/R__b c.sql"], "R__b_c.sql", "x/R__b c.sql"),
    ],
)
def test_duplicates(tmp_path: Path, names: list[str], first: str, second: str) -> None:
    root = write(tmp_path, empty(*names))
    [history] = load([root])
    assert [(found.disorder, found.path, found.other) for found in history.irregularities] == [
        (Disorder.DUPLICATE, f"{root}/{second}", f"{root}/{first}")
    ]
    assert problems(history) == []
    assert len(history.migrations) == len(names), "both are read"
    assert not history.complete


def test_a_baseline_begins_the_history_where_older_versions_are_gone(tmp_path: Path) -> None:
    first, older = load([write(tmp_path, empty("B1__a.sql", "B20__b.sql", "V21__c.sql"))])
    assert (ids(first), first.complete) == (["B20", "V21"], True)
    assert (ids(older), targets(older)) == (["B1"], ["B1"])


def test_a_baseline_beside_its_versions_is_a_history_of_its_own(tmp_path: Path) -> None:
    root = write(tmp_path, empty("V1__a.sql", "V2__b.sql", "B2__ab.sql", "V3__c.sql"))
    main, baseline = load([root])
    assert (ids(main), ids(baseline)) == (["V1", "V2", "V3"], ["B2"])
    main, baseline = load([root], start_after="V2")
    assert (targets(main), targets(baseline)) == (["V3"], [])
    [main] = load([f"{root}/V3__c.sql"])
    assert targets(main) == ["V3"]


@pytest.mark.parametrize(
    ("sql", "settings", "mode"),
    [
        ("ALTER TABLE t ADD c int;", {}, ONE),
        (INDEX, {}, EACH),
        ("-- why\n/* and /* how */ */ create unique index concurrently i on t (c)", {}, EACH),
        ("DROP INDEX CONCURRENTLY i; VACUUM t;", {}, EACH),
        ("VACUUM (ANALYZE) t;", {}, EACH),
        ("REINDEX SCHEMA public;", {}, EACH),
        ("ALTER SYSTEM SET work_mem = '1MB';", {}, EACH),
        ("REINDEX TABLE CONCURRENTLY t;", {}, ONE),  # not among those that Flyway knows
        ("SELECT 'CREATE INDEX CONCURRENTLY';", {}, ONE),
        ("SELECT $$;CREATE INDEX CONCURRENTLY i ON t (c);$$;", {}, ONE),
        ("SELECT E'\\';VACUUM;';", {}, ONE),
        ('SELECT ";VACUUM;";', {}, ONE),
        ("COPY t FROM STDIN;\nVACUUM;\n\\.\nSELECT 1;", {}, ONE),
        ("COPY t FROM STDIN;\n1;\n\\.\nVACUUM;", {"mixed": True}, EACH),
        (f"SET lock_timeout = '1s'; {INDEX}", {}, ONE),  # Flyway refuses the mixture
        (f"SET lock_timeout = '1s'; {INDEX}", {"mixed": True}, EACH),
        ("SELECT 1;", {"mixed": True}, ONE),
        ("SELECT 1;", {"executeInTransaction": False}, EACH),
        ("SELECT 1;", {"execute_in_transaction": "false"}, EACH),
        ("-- vacuum", {}, EACH),  # no statement: nothing to wrap
        ("", {}, ONE),
    ],
)
def test_transactions(tmp_path: Path, sql: str, settings: dict[str, object], mode: TransactionMode) -> None:
    [history] = load([write(tmp_path, {"V1__a.sql": sql})], settings={"flyway": settings})
    assert history.migrations[0].up.transaction is mode
    assert problems(history) == []


@pytest.mark.parametrize(
    ("sql", "settings", "mode"),
    [
        (INDEX, "executeInTransaction=true", ONE),
        (f"SET lock_timeout = '1s'; {INDEX}", "executeInTransaction=false", EACH),
        ("SELECT 1;", "# nothing\nexecuteInTransaction = FALSE\n", EACH),
        ("SELECT 1;", "executeInTransaction=\\\nfalse\n", EACH),
        ("SELECT 1;", "executeInTransaction=${wrapped}\n", EACH),
    ],
)
def test_settings_of_a_script(tmp_path: Path, sql: str, settings: str, mode: TransactionMode) -> None:
    files = {"V1__a.sql": sql, "V1__a.sql.conf": settings}
    given = {"flyway": {"placeholders": {"wrapped": "false"}}}
    [history] = load([write(tmp_path, files)], settings=given)
    assert history.migrations[0].up.transaction is mode
    assert problems(history) == []


def test_settings_of_a_script_that_flyway_does_not_know(tmp_path: Path) -> None:
    files = {
        "V1__a.sql": "SELECT '${x}';",
        "V1__a.sql.conf": "placeholderReplacement=false\nexecuteIn=true\n",
    }
    [history] = load([write(tmp_path, files)])
    assert history.migrations[0].up.sql == "SELECT '${x}';"
    assert problems(history) == [("V1__a.sql.conf", 2, "executeIn: Flyway knows no such setting of a script")]


def test_a_script_and_its_settings_are_one_target(tmp_path: Path) -> None:
    files = {**empty("V1__a.sql", "V2__b.sql"), "V2__b.sql.conf": "executeInTransaction=false"}
    root = write(tmp_path, files)
    [history] = load([f"{root}/V2__b.sql.conf"])
    assert (targets(history), problems(history)) == (["V2"], [])


@pytest.mark.parametrize("after", ["V1.2", "1.2", "1_2", "V1_2", "V1_2__b.sql", "V1_2__b"])
def test_versions_may_be_written_in_several_ways(tmp_path: Path, after: str) -> None:
    root = write(tmp_path, empty("V1__a.sql", "V1_2__b.sql", "V1.3__c.sql"))
    [history] = load([root], start_after=after)
    assert targets(history) == ["V1.3"]


def test_a_gap_before_the_start_is_none(tmp_path: Path) -> None:
    root = write(tmp_path, empty("V1__a.sql", "V2__b.java", "V3__c.sql", "V4__d.java", "V5__e.sql"))
    [history] = load([root], start_after="V3")
    assert [path for path, _, _ in problems(history)] == ["V4__d.java"]
    assert not history.complete
    [history] = load([f"{root}/V5__e.sql"])
    assert problems(history) == []


@pytest.mark.parametrize(
    ("file", "root"),
    [
        ("db/migration/V1__a.sql", "db/migration"),
        ("db/migration/2024/V2__b.sql", "db/migration"),
        ("db/migration/2024/07/V3__c.sql", "db/migration"),
        ("db/migration/views/R__v.sql", "db/migration"),
        ("other/postgresql/V1__a.sql", "other/postgresql"),
    ],
)
def test_a_file_belongs_to_the_location_above_it(
    tmp_path: Path, file: str, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        "db/migration/V1__a.sql",
        "db/migration/2024/V2__b.sql",
        "db/migration/2024/07/V3__c.sql",
        "db/migration/views/R__v.sql",
        "other/postgresql/V1__a.sql",
        "other/mysql/V1__a.sql",
    ]
    write(tmp_path, empty(*names))
    monkeypatch.chdir(tmp_path)
    [history] = load([file])
    assert (history.root, len(history.targets)) == (root, 1)
    assert problems(history) == []


def test_a_folder_that_links_to_itself_is_read_once(tmp_path: Path) -> None:
    root = write(tmp_path, empty("V1__a.sql", "sub/V2__b.sql"))
    (tmp_path / "sub" / "again").symlink_to(tmp_path)
    [history] = load([root])
    assert (ids(history), problems(history)) == (["V1", "V2"], [])
