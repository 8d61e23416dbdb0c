from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import DownOrigin, History, Migration, Script, TransactionMode
from migration_lint.sources import detect, find, load
from migration_lint.sources.folder import listed
from migration_lint.sources.tools.django import SOURCE
from tests.sources.folders import ids, problems, targets, write

HINT = ": not read without running it; --render asks Django for its SQL"
HEAD = "from django.conf import settings\nfrom django.db import migrations, models\n\n\n"
ID = '("id", models.BigAutoField(primary_key=True))'


def migration(operations: str = "", after: str = "", more: str = "") -> str:
    """The text of a migration; `after` are its dependencies, `more` other attributes."""
    return (
        f"{HEAD}class Migration(migrations.Migration):\n    dependencies = [{after}]\n{more}"
        f"    operations = [{operations}]\n"
    )


def table(name: str, *fields: str) -> str:
    return f"migrations.CreateModel({name!r}, [{', '.join((ID, *fields))}])"


def app(name: str, **migrations: str) -> dict[str, str]:
    files = {f"{name}/migrations/{key.lstrip('m')}.py": text for key, text in migrations.items()}
    return {f"{name}/__init__.py": "", f"{name}/migrations/__init__.py": "", **files}


PROJECT = {"manage.py": "import django\n", ".git/x": ""}


def history(root: Path, files: dict[str, str]) -> History:
    [found] = load([write(root, {**PROJECT, **files})], settings={"django": {"version": "5.2"}})
    return found


def only(root: Path, operations: str, **given: str) -> tuple[Migration, list[tuple[int, str]]]:
    """The second migration of an app with a model Item, with these operations; line, message of errors."""
    files = app("shop", m0001_initial=migration(table("Item")),
                m0002_x=migration(f"\n{operations}\n", '("shop", "0001_initial")', **given))  # fmt: skip
    found = history(root, files)
    errors = [(line - 7, message.removesuffix(HINT)) for _, line, message in problems(found)]
    return found.migrations[1], errors


def sql(script: Script | None) -> list[str]:
    assert script is not None
    return [line for line in script.sql.replace(";\n", "\n").splitlines() if line.strip()]


# --- the graph -----------------------------------------------------------------------------------


def test_order_is_by_dependencies_across_apps(tmp_path: Path) -> None:
    files = {
        **app("a", m0001=migration(), m0002=migration("", '("a", "0001"), ("b", "0001")')),
        **app("b", m0001=migration("", '("a", "0001")'), m0002=migration("", '("b", "0001"), ("a", "0002")')),
        **app("c", m0001=migration("", '("b", "__first__")', "    run_before = [('a', '0002')]\n")),
    }
    found = history(tmp_path, files)
    assert ids(found) == ["a.0001", "b.0001", "c.0001", "a.0002", "b.0002"]
    assert (problems(found), found.irregularities) == ([], ())


def test_a_swappable_model_is_that_of_the_settings(tmp_path: Path) -> None:
    key = "models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)"
    files = {
        "config/settings.py": "AUTH_USER_MODEL = 'people.Person'\n",
        **app(
            "a",
            m0001=migration(
                table("Note", f'("by", {key})'),
                "migrations.swappable_dependency(settings.AUTH_USER_MODEL)",
            ),
        ),
        **app("people", m0001=migration(table("Person"))),
    }
    found = history(tmp_path, files)
    assert ids(found) == ["people.0001", "a.0001"]
    assert "REFERENCES people_person (id)" in found.migrations[1].up.sql
    assert found.complete


def test_tables_of_other_packages_are_only_named(tmp_path: Path) -> None:
    key = '("by", models.ForeignKey("auth.User", models.CASCADE))'
    found = history(tmp_path, app("a", m0001=migration(table("Note", key), '("auth", "0001_initial")')))
    assert problems(found) == []
    assert "REFERENCES auth_user (id)" in found.migrations[0].up.sql
    assert not found.complete


def test_two_heads_in_an_app(tmp_path: Path) -> None:
    after = '("a", "0001")'
    files = app("a", m0001=migration(), m0002_x=migration("", after), m0002_y=migration("", after))
    [irregular] = history(tmp_path, files).irregularities
    assert (irregular.disorder.value, irregular.migration, irregular.other) == (
        "heads",
        "a.0002_y",
        "a.0002_x",
    )
    assert "makemigrations --merge" in irregular.remedy


@pytest.mark.parametrize("kept", [True, False])
def test_a_squashed_migration_stands_for_those_that_are_gone(tmp_path: Path, kept: bool) -> None:
    squashed = migration(table("Item"), "", "    replaces = [('a', '0001'), ('a', '0002')]\n")
    originals = {
        "m0001": migration(table("Item")),
        "m0002": migration("", '("a", "0001")'),
    }
    files = app(
        "a", m0001_squashed=squashed, m0003=migration("", '("a", "0002")'), **(originals if kept else {})
    )
    found = history(tmp_path, files)
    made = [each.id for each in found.migrations if "CREATE TABLE" in each.up.sql]
    assert made == (["a.0001"] if kept else ["a.0001_squashed"])
    assert (problems(found), found.irregularities) == ([], ())
    assert ids(found)[-1] == "a.0003"


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        (
            "0002.py",
            migration("", '("a", "gone")'),
            6,
            "it comes after a.gone, and there is no such migration",
        ),
        (
            "0002.py",
            migration("", '("a", "0003")'),
            6,
            "it comes after a.0003, and there is no such migration",
        ),
        ("0002.py", "class Migration(:\n", 1, "not Python that Python "),
        ("0002.py", "x = 1\n", 1, "no class Migration in it: Django refuses to run any migration"),
        ("0002.py", migration("*MORE"), 7, "a list that is not spelled out"),
        ("0002.py", migration("", "what()"), 6, "what, whose value only Python knows"),
        (
            "0002.sql",
            "DROP TABLE a;",
            1,
            "Django runs Python files; whether one of them runs this is not known",
        ),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_read(
    tmp_path: Path, name: str, text: str, line: int, message: str
) -> None:
    files = {**app("a", m0001=migration(table("Item"))), f"a/migrations/{name}": text}
    found = history(tmp_path, files)
    assert found.migrations[0].up.sql.startswith("CREATE TABLE a_item (")
    [(path, at, told)] = problems(found)
    assert (path, at) == (f"a/migrations/{name}", line)
    assert told.startswith(message)


def test_a_circle(tmp_path: Path) -> None:
    files = app("a", m0001=migration("", '("a", "0002")'), m0002=migration("", '("a", "0001")'))
    found = history(tmp_path, files)
    assert len(ids(found)) == 2
    assert "come after each other in a circle" in problems(found)[0][2]


# --- where it lies -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "root", "mark"),
    [
        ({"manage.py": "import django"}, ".", "manage.py and site/a/migrations"),
        ({"site/manage.py": "import django"}, "site", "manage.py and a/migrations"),
        ({}, "site", "class Migration in a/migrations"),
        ({"site/__init__.py": ""}, ".", "class Migration in site/a/migrations"),
    ],
)
def test_a_project_is_known_by_its_files(
    tmp_path: Path, files: dict[str, str], root: str, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {f"site/{name}": text for name, text in app("a", m0001=migration()).items()}
    write(tmp_path, {".git/x": "", **made, **files})
    monkeypatch.chdir(tmp_path)
    assert find(".") == [(root, "django")]
    assert detect(root) == ["django"]
    assert SOURCE.recognises(listed(root)) == mark
    [found] = load(["."])
    assert (found.root, ids(found), problems(found)) == (root, ["a.0001"], [])


@pytest.mark.parametrize("given", ["a/migrations/0002.py", "a/migrations", "a"])
def test_a_path_of_the_project_is_judged_with_all_of_it(
    tmp_path: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        **app("a", m0001=migration(), m0002=migration("", '("a", "0001"), ("b", "0001")')),
        **app("b", m0001=migration()),
    }
    write(tmp_path, {**PROJECT, **files, "dump.sql": "SELECT 1;"})
    monkeypatch.chdir(tmp_path)
    [found] = load([given])
    assert (found.root, ids(found), problems(found)) == (".", ["a.0001", "b.0001", "a.0002"], [])
    assert targets(found) == (["a.0002"] if given.endswith(".py") else ["a.0001", "a.0002"])


def test_an_app_goes_by_its_label(tmp_path: Path) -> None:
    files = {**app("a", m0001=migration(table("Item"))), "a/apps.py": "class A:\n    label = 'other'\n"}
    found = history(tmp_path, files)
    assert ids(found) == ["other.0001"]
    assert "CREATE TABLE other_item" in found.migrations[0].up.sql


def test_a_folder_that_is_no_package(tmp_path: Path) -> None:
    files = app("a", m0001=migration())
    del files["a/migrations/__init__.py"]
    found = history(tmp_path, {**files, **app("b", m0001=migration())})
    assert problems(found) == [
        ("a/migrations", 1, "no __init__.py in it: Django does not run its migrations")
    ]


# --- operations ----------------------------------------------------------------------------------


def test_what_waits_for_the_end_stands_at_its_operation(tmp_path: Path) -> None:
    operations = (
        "        migrations.AddField('item', 'a', models.IntegerField(db_index=True, null=True)),\n"
        "        migrations.RunSQL('SELECT 1'),"
    )
    made, errors = only(tmp_path, operations)
    assert errors == []
    assert [line.partition(" (")[0] for line in sql(made.up)] == [
        "ALTER TABLE shop_item ADD COLUMN a integer NULL",
        "SELECT 1",
        "CREATE INDEX shop_item_a_f52c7f22 ON shop_item",
    ]
    at = made.up.sql.index("CREATE INDEX")
    span = made.up.span(at, at + 10)
    text = made.up.document.text
    assert text[span.start : span.end].startswith("migrations.AddField(")
    one = made.up.sql.index("SELECT 1")
    span = made.up.span(one, one + 8)
    assert text[span.start : span.end] == "SELECT 1"


def test_a_comment_speaks_of_all_statements_of_its_operation(tmp_path: Path) -> None:
    operations = (
        "        # migration-lint: ignore[create-index-blocks-writes] small\n"
        "        migrations.AddField('item', 'a', models.IntegerField(db_index=True, null=True)),\n"
        "        migrations.AddField('item', 'b', models.IntegerField(null=True)),"
    )
    made, _ = only(tmp_path, operations)
    lines = sql(made.up)
    assert lines[0] == lines[3] == "-- migration-lint: ignore[create-index-blocks-writes] small"
    assert lines[4].startswith("CREATE INDEX")
    assert sql(made.down)[:1] == ["ALTER TABLE shop_item DROP COLUMN b CASCADE"]


def test_a_program_is_told_and_does_not_block(tmp_path: Path) -> None:
    made, errors = only(tmp_path, "migrations.RunPython(print)")
    assert errors == []
    assert [made.up.sql[slice(*each)] for each in made.up.opaque] == ["-- migrations.RunPython(print)"]
    assert made.down_origin is DownOrigin.NONE


@pytest.mark.parametrize(
    ("operations", "origin"),
    [
        ("migrations.RunPython(print, print)", DownOrigin.DERIVED),
        ("migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop)", DownOrigin.DERIVED),
        ("migrations.RunSQL('SELECT 1')", DownOrigin.NONE),
        ("migrations.RunSQL('SELECT 1', migrations.RunSQL.noop)", DownOrigin.DERIVED),
        (
            "migrations.SeparateDatabaseAndState(database_operations=[migrations.RunSQL('SELECT 1')])",
            DownOrigin.NONE,
        ),
        ("migrations.DeleteModel('item')", DownOrigin.DERIVED),
    ],
)
def test_what_can_be_undone(tmp_path: Path, operations: str, origin: DownOrigin) -> None:
    made, errors = only(tmp_path, operations)
    assert (errors, made.down_origin) == ([], origin)


@pytest.mark.parametrize(
    ("operations", "line", "message"),
    [
        ("mine.Operation()", 1, "mine, whose value only Python knows"),
        ("migrations.Other()", 1, "`django.db.migrations.Other(…)`, an operation that is not known here"),
        ("migrations.RunSQL(open('x').read())", 1, "open, whose value only Python knows"),
        ("migrations.AddField('gone', 'a', models.TextField())", 1,
         "the model gone of shop, which no migration makes"),
        ("migrations.RemoveField('item', 'gone')", 1, "the field gone, which Item does not have"),
        ("migrations.AddField('item', 'a', models.CharField(max_length=LONG))", 1,
         "LONG, whose value only Python knows"),
        ("migrations.AddField('item', 'a', models.MoneyField())", 1,
         "what column django.db.models.MoneyField makes: set sources.django.fields to its base or type, "
         '"django.db.models.MoneyField" = "CharField"'),
        ("migrations.AddConstraint('item', models.CheckConstraint(check=models.Q(other__gt=1), name='c'))", 1,
         "the condition other__gt"),
        ("migrations.RemoveIndex('item', 'gone')", 1, ""),
    ],
)  # fmt: skip
def test_what_only_python_knows_is_told_with_its_line(
    tmp_path: Path, operations: str, line: int, message: str
) -> None:
    _, errors = only(tmp_path, operations)
    assert errors == ([(line, message)] if message else [])


def test_fields_of_the_project_are_read_where_they_are_defined(tmp_path: Path) -> None:
    fields = (
        "from django.db import models\n\n\n"
        "class Code(models.CharField):\n"
        "    def __init__(self, **kwargs):\n        kwargs['max_length'] = 7\n"
        "        super().__init__(**kwargs)\n\n\n"
        "class Short(Code):\n    pass\n\n\n"
        "class Path(models.Field):\n    def db_type(self, connection):\n        return 'ltree'\n\n\n"
        "class Hidden(models.Field):\n    def db_type(self, connection):\n        return choose(connection)\n"
    )
    text = migration(
        ", ".join(
            f"migrations.AddField('item', {name.lower()!r}, shop.fields.{name}(null=True))"
            for name in ("Code", "Short", "Path", "Hidden")
        ),
        '("shop", "0001_initial")',
    ).replace("from django.conf", "import shop.fields\nfrom django.conf")
    files = {**app("shop", m0001_initial=migration(table("Item")), m0002_x=text), "shop/fields.py": fields}
    found = history(tmp_path, files)
    made = [line for line in sql(found.migrations[1].up) if line.startswith("ALTER")]
    assert [line.partition("COLUMN ")[2] for line in made] == [
        "code varchar(7) NULL",
        "short varchar(7) NULL",
        "path ltree NULL",
    ]
    assert [message.partition(" makes")[0] for _, _, message in problems(found)] == [
        "what column shop.fields.Hidden"
    ]


def test_fields_of_the_configuration(tmp_path: Path) -> None:
    text = migration(
        "migrations.AddField('item', 'a', lib.Money(null=True)), "
        "migrations.AddField('item', 'b', lib.Big(null=True))",
        '("shop", "0001_initial")',
    ).replace("from django.conf", "import lib\nfrom django.conf")
    write(tmp_path, {**PROJECT, **app("shop", m0001_initial=migration(table("Item")), m0002_x=text)})
    settings = {"django": {"fields": {"lib.Money": "numeric(12, 2)", "lib.Big": "BigIntegerField"}}}
    [found] = load([str(tmp_path)], settings=settings)
    assert problems(found) == []
    assert "a numeric(12, 2) NULL" in found.migrations[1].up.sql
    assert "b bigint NULL" in found.migrations[1].up.sql


@pytest.mark.parametrize(("more", "mode"), [("", "one"), ("    atomic = False\n", "each")])
def test_who_opens_a_transaction(tmp_path: Path, more: str, mode: str) -> None:
    made, _ = only(tmp_path, "migrations.RunSQL('SELECT 1')", more=more)
    assert made.up.transaction is TransactionMode(mode)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("Django==4.2.1", " CASCADE"), ("django>=6.1,<7", ""), ("django-other==6.1\nDjango~=5.2", " CASCADE")],
)
def test_the_version_is_that_of_the_requirements(tmp_path: Path, version: str, expected: str) -> None:
    column = '("a", models.IntegerField())'
    files = app(
        "shop",
        m0001=migration(table("Item", column)),
        m0002=migration("migrations.RemoveField('item', 'a')", '("shop", "0001")'),
    )
    write(tmp_path, {**PROJECT, **files, "requirements.txt": f"{version}\n"})
    [found] = load([str(tmp_path)])
    assert sql(found.migrations[1].up) == [f"ALTER TABLE shop_item DROP COLUMN a{expected}"]


def test_for_another_server_nothing_is_said(tmp_path: Path) -> None:
    write(tmp_path, {**PROJECT, **app("a", m0001=migration(table("Item")))})
    [found] = load([str(tmp_path)], engine="mysql")
    message = "Django's migrations are read as SQL for PostgreSQL only, and mysql is checked"
    assert (ids(found), [told for _, _, told in problems(found)]) == ([], [message])


# --- nothing is run ------------------------------------------------------------------------------


def test_no_python_of_the_project_is_run(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    files = {name: trap + text for name, text in app("a", m0001=trap + migration()).items()}
    found = history(tmp_path, {**files, "a/settings.py": trap, "a/apps.py": trap})
    assert ids(found) == ["a.0001"]
    assert not (tmp_path / "ran").exists()
