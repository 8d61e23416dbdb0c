from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.sources import load
from tests.sources.folders import empty, ids, problems, write

CONF = """\
# Comment
flyway.url = jdbc:postgresql://localhost/shop?ssl=true
flyway.schemas=app,other
flyway.placeholders.Owner=shop_owner
flyway.placeholders.empty=
flyway.placeholders.long=one \\
two
flyway.placeholders.secret=${SECRET}
"""
TOML = """\
[flyway]
defaultSchema = "sales"
table = "history"
environment = "ci"
[flyway.placeholders]
owner = "toml_owner"
[environments.ci]
user = "robot"
url = "jdbc:postgresql://localhost/orders"
"""


def sql_of(root: str, settings: dict[str, object] | None = None) -> str:
    [history] = load([root], settings={"flyway": settings or {}})
    assert problems(history) == []
    return history.migrations[-1].up.sql


@pytest.mark.parametrize("place", ["flyway.conf", "conf/flyway.conf", "db/flyway.conf", "db/m/flyway.conf"])
def test_the_nearest_properties_file_is_read(tmp_path: Path, place: str) -> None:
    root = write(tmp_path, {place: CONF, "db/m/V1__a.sql": "${owner} ${OWNER}|${empty}|${long}"})
    assert sql_of(f"{root}/db/m") == "shop_owner shop_owner||one two"


def test_toml_goes_before_properties(tmp_path: Path) -> None:
    root = write(tmp_path, {"flyway.conf": CONF, "flyway.toml": TOML, "m/V1__a.sql": "${owner}"})
    assert sql_of(f"{root}/m") == "toml_owner"


def test_own_settings_go_before_both(tmp_path: Path) -> None:
    root = write(tmp_path, {"flyway.toml": TOML, "V1__a.sql": "${owner}.${x}"})
    assert sql_of(root, {"placeholders": {"owner": "mine", "X": 1}}) == "mine.1"


def test_nothing_is_looked_for_above_the_repository(tmp_path: Path) -> None:
    root = write(
        tmp_path, {"flyway.conf": CONF, "repository/.git/HEAD": "", "repository/V1__a.sql": "${owner}"}
    )
    [history] = load([f"{root}/repository"])
    assert len(history.errors) == 1


@pytest.mark.parametrize(
    ("file", "sql"),
    [
        ("flyway.conf", "app flyway shop flyway_schema_history default V1__a.sql . 2000-01-01 00:00:00"),
        ("flyway.toml", "sales robot orders history ci V1__a.sql . 2000-01-01 00:00:00"),
        ("none", "public flyway postgres flyway_schema_history default V1__a.sql . 2000-01-01 00:00:00"),
    ],
)
def test_flyways_own_placeholders(tmp_path: Path, file: str, sql: str) -> None:
    names = "defaultSchema user database table environment filename workingDirectory timestamp".split()
    files = {
        file: TOML if file.endswith("toml") else CONF,
        "V1__a.sql": " ".join(f"${{flyway:{name}}}" for name in names),
    }
    assert sql_of(write(tmp_path, files)) == sql


def test_a_value_from_the_environment_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    monkeypatch.setenv("FLYWAY_PLACEHOLDERS_SECRET", "hunter2")
    [history] = load([write(tmp_path, {"flyway.conf": CONF, "V1__a.sql": "SELECT '${secret}';"})])
    assert history.migrations[0].up.sql == "SELECT '__secret_';"
    assert len(history.errors) == 1
    assert "hunter2" not in repr(history)


def test_a_placeholder_without_a_value(tmp_path: Path) -> None:
    sql = "SELECT 1;\n-- ${x}\nSELECT '${x}', '${y}';\nSELECT ${"
    [history] = load([write(tmp_path, {"V1__a.sql": sql, "V2__b.sql": "SELECT 2;"})])
    assert ids(history) == ["V1", "V2"]
    assert [(path, line) for path, line, _ in problems(history)] == [
        ("V1__a.sql", 2),
        ("V1__a.sql", 3),
        ("V1__a.sql", 4),
    ]
    message = "no value is set for the placeholder ${x}: Flyway stops there, even in a comment"
    assert problems(history)[0][2] == message
    assert problems(history)[2][2] == "a placeholder begins here with ${ and never ends"
    assert history.migrations[0].up.sql == "SELECT 1;\n-- __x_\nSELECT '__x_', '__y_';\nSELECT ${"


def test_spans_point_into_the_file(tmp_path: Path) -> None:
    text = "SET search_path = ${owner};\nDROP TABLE ${owner}.t;\n"
    [history] = load([write(tmp_path, {"flyway.conf": CONF, "V1__a.sql": text})])
    script = history.migrations[0].up
    start = script.sql.index("DROP")
    span = script.span(start, script.sql.index(";", start))
    assert text[span.start : span.end] == "DROP TABLE ${owner}.t"
    assert (span.line, span.column) == (2, 1)


@pytest.mark.parametrize(
    ("settings", "sql"),
    [
        ({"placeholderReplacement": False}, "${x} @y@"),
        ({"placeholder_prefix": "@", "placeholder_suffix": "@", "placeholders": {"y": "z"}}, "${x} z"),
    ],
)
def test_how_placeholders_are_marked(tmp_path: Path, settings: dict[str, object], sql: str) -> None:
    assert sql_of(write(tmp_path, {"V1__a.sql": "${x} @y@"}), settings) == sql


def test_names_as_configured(tmp_path: Path) -> None:
    conf = """\
flyway.sqlMigrationPrefix=M
flyway.undoSqlMigrationPrefix=X
flyway.repeatableSqlMigrationPrefix=Rep
flyway.sqlMigrationSeparator=-
flyway.sqlMigrationSuffixes=.sql,.pg
"""
    names = ["M1-a.sql", "M2-b.pg", "X2-b.sql", "Rep-v.pg"]
    [history] = load([write(tmp_path, {"flyway.conf": conf, **empty(*names)})])
    assert (history.tool, ids(history), problems(history)) == ("flyway", ["M1", "M2", "Rep-v"], [])
    assert [migration.down is not None for migration in history.migrations] == [False, True, False]
    [history] = load([history.root], start_after="2")
    assert history.targets == {"Rep-v"}


def test_a_baseline_on_migrate_hides_what_came_before(tmp_path: Path) -> None:
    root = write(tmp_path, empty("V1__a.sql"))
    assert load([root])[0].complete
    assert not load([root], settings={"flyway": {"baselineOnMigrate": True}})[0].complete


def test_encodings(tmp_path: Path) -> None:
    files = {"V1__a.sql": "SELECT 'Ł';".encode("cp1250"), "V2__b.sql": "SELECT 'Ł';".encode("iso8859-2")}
    root = write(
        tmp_path,
        {**files, "flyway.conf": "flyway.encoding=windows-1250", "V2__b.sql.conf": "encoding=ISO-8859-2"},
    )
    assert [migration.up.sql for migration in load([root])[0].migrations] == ["SELECT 'Ł';"] * 2
    [history] = load([root], encoding="utf-8")
    assert [path for path, _, _ in problems(history)] == ["V1__a.sql", "V2__b.sql"]
    assert load([root], encoding="cp1250")[0].migrations[0].up.sql == "SELECT 'Ł';"


def test_broken_toml_is_an_error_and_the_rest_is_read(tmp_path: Path) -> None:
    [history] = load([write(tmp_path, {"flyway.toml": "[flyway", "V1__a.sql": "SELECT 1;"})])
    assert ids(history) == ["V1"]
    [(path, line, message)] = problems(history)
    assert (path, line) == ("flyway.toml", 1)
    assert message.startswith("not TOML: ")
