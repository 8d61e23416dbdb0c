"""SQL from the installed Alembic and Django themselves, run as for a user who asks for it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from migration_lint.model import DownOrigin, History, Script, TransactionMode
from migration_lint.sources import load
from tests.cli.command import run
from tests.sources.folders import problems, write
from tests.sources.same_sql import meaning

HISTORIES = Path(__file__).parents[3] / "fixtures" / "histories"
SETTINGS = {"render": True, "render_python": sys.executable, "render_seconds": 60}


def rendered(folder: Path | str, tool: str, **given: object) -> History:
    [found] = load([str(folder)], settings={tool: {**SETTINGS, **given}})
    return found


def copied(tmp_path: Path, name: str) -> Path:
    """A history where the project's own byte code cannot be left behind in the repository."""
    shutil.copytree(HISTORIES / name, tmp_path / name)
    return tmp_path / name


def _normal(script: Script | None) -> list[object]:
    if script is None:
        return []
    # Online, Alembic asks the server whether a type is there: we read that as IF EXISTS.
    return meaning(script.sql.replace("DROP TYPE IF EXISTS", "DROP TYPE"))


# --- Alembic -------------------------------------------------------------------------------------


def test_alembic_says_what_we_read(tmp_path: Path) -> None:
    folder = copied(tmp_path, "alembic-shop")
    [ours] = load([str(folder)])
    theirs = rendered(folder, "alembic")
    assert problems(theirs) == []
    assert [each.id for each in theirs.migrations] == [each.id for each in ours.migrations]
    for one, other in zip(ours.migrations, theirs.migrations, strict=True):
        assert _normal(other.up) == _normal(one.up)
        assert _normal(other.down) == _normal(one.down)
        assert (other.up.transaction, other.down_origin) == (one.up.transaction, one.down_origin)


REVISION = (
    "from alembic import op\nimport sqlalchemy as sa\nrevision = 'a'\ndown_revision = None\n\n\n"
    "def upgrade():\n{up}\n\n\ndef downgrade():\n{down}\n"
)
ENVIRONMENT = (
    "from alembic import context\nprint('noise' * 1000)\n"
    "context.configure(url='postgresql://', literal_binds=True)\n"
    "with context.begin_transaction():\n    context.run_migrations()\n"
)


def project(tmp_path: Path, up: str, down: str = "    pass", environment: str = ENVIRONMENT) -> History:
    files = {
        "alembic.ini": "[alembic]\nscript_location = %(here)s/db\n",
        "db/env.py": environment,
        "db/script.py.mako": "",
        "db/versions/a.py": REVISION.format(up=up, down=down),
    }
    return rendered(write(tmp_path, files), "alembic")


def test_what_only_python_knows_is_rendered_at_its_call(tmp_path: Path) -> None:
    up = (
        "    for name in sorted({'b', 'a'}):\n"
        "        op.add_column(\n            name,\n            sa.Column('x', sa.Integer()),\n        )\n"
        "    with op.batch_alter_table('c') as batch:\n        batch.drop_column('y')\n"
        '    op.execute("""\n        SELECT 1\n    """)'
    )
    found = project(tmp_path, up)
    assert problems(found) == []
    script = found.migrations[0].up
    assert script.sql.split(";\n")[:4] == [
        "ALTER TABLE a ADD COLUMN x INTEGER",
        "ALTER TABLE b ADD COLUMN x INTEGER",
        "ALTER TABLE c DROP COLUMN y",
        "SELECT 1",
    ]
    text = script.document.text

    def stands(part: str) -> str:
        span = script.span(script.sql.index(part), script.sql.index(part) + len(part))
        return text[span.start : span.end]

    assert stands("ALTER TABLE b ADD COLUMN x INTEGER").startswith("op.add_column(")
    assert stands("ALTER TABLE c DROP COLUMN y") == "batch.drop_column('y')"
    assert stands("SELECT 1") == "SELECT 1"


def test_a_revision_that_asks_the_database_is_told_and_the_rest_is_rendered(tmp_path: Path) -> None:
    found = project(
        tmp_path, "    op.drop_table('a')\n    op.get_bind().execute(sa.text('SELECT 1')).scalar()"
    )
    assert found.migrations[0].up.sql == "DROP TABLE a;\nSELECT 1;\n"
    [(path, line, message)] = problems(found)
    assert (path.rpartition("/")[2], line) == ("a.py", 9)
    assert message.startswith("Alembic could not render upgrade(): AttributeError: ")


def test_an_autocommit_block(tmp_path: Path) -> None:
    block = "with op.get_context().autocommit_block():\n        op.execute('VACUUM')"
    script = project(tmp_path, f"    op.drop_table('a')\n    {block}").migrations[0].up
    assert (script.transaction, script.sql.split(";\n")[:4]) == (
        TransactionMode.EACH,
        ["BEGIN", "DROP TABLE a", "COMMIT", "VACUUM"],
    )


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("import gone_module\n",
         "Alembic did not render it: ModuleNotFoundError: No module named 'gone_module'"),
        ("raise ValueError('postgresql://me:secret@host/db')\n",
         "Alembic did not render it: ValueError: postgresql://***@host/db"),
        ("import os\nos._exit(3)\n", "Alembic did not render it: it ended with exit code 3"),
        (ENVIRONMENT.replace("postgresql", "sqlite"), "env.py configures sqlite, and postgresql is checked"),
    ],
)  # fmt: skip
def test_a_failing_environment_is_one_error_and_nothing_passes(
    tmp_path: Path, environment: str, message: str
) -> None:
    found = project(tmp_path, "    op.drop_table('a')", environment=environment)
    assert found.migrations == ()
    [(path, line, told)] = problems(found)
    assert (path.rpartition("/")[2], line, told) == ("env.py", 1, message)


def test_it_is_not_waited_for_without_end(tmp_path: Path) -> None:
    files = {
        "alembic.ini": "[alembic]\nscript_location = %(here)s/db\n",
        "db/env.py": "import time\ntime.sleep(100)\n",
        "db/versions/a.py": REVISION.format(up="    pass", down="    pass"),
    }
    found = rendered(write(tmp_path, files), "alembic", render_seconds=3)
    assert [message for _, _, message in problems(found)] == [
        "Alembic did not render it: it did not end within 3 s (render_seconds)"
    ]


# --- Django --------------------------------------------------------------------------------------


def test_django_says_what_we_read(tmp_path: Path) -> None:
    folder = copied(tmp_path, "django-shop")
    [ours] = load([str(folder)], settings={"django": {"version": _django()}})
    theirs = rendered(folder, "django")
    assert problems(theirs) == []
    mine = {each.id: each for each in ours.migrations}
    assert {each.id for each in theirs.migrations} == set(mine)
    for other in theirs.migrations:
        one = mine[other.id]
        assert _normal(other.up) == _normal(one.up)
        assert _normal(other.down) == _normal(one.down)
        assert (other.up.transaction, other.down_origin) == (one.up.transaction, one.down_origin)
        assert len(other.up.opaque) == len(one.up.opaque)


def test_a_rendered_statement_stands_at_its_operation(tmp_path: Path) -> None:
    found = rendered(copied(tmp_path, "django-shop"), "django")
    [script] = [each.up for each in found.migrations if each.id == "orders.0002_order_channel"]
    at = script.sql.index("CREATE INDEX")
    span = script.span(at, at + 12)
    lines = script.document.text.splitlines()
    assert "migrations.AddField(" in lines[span.line - 1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("INSTALLED_APPS = ['gone_app']\n", "ModuleNotFoundError: No module named 'gone_app'"),
        (
            "INSTALLED_APPS = []\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
            "the database 'default' of the settings is sqlite, and postgresql is checked: set "
            "DJANGO_SETTINGS_MODULE to the settings of production",
        ),
    ],
)
def test_settings_that_do_not_do_are_one_error(tmp_path: Path, settings: str, message: str) -> None:
    folder = copied(tmp_path, "django-shop")
    (folder / "shop" / "settings.py").write_text(f"SECRET_KEY = 'x'\n{settings}")
    found = rendered(folder, "django")
    assert found.migrations == ()
    assert [told for _, _, told in problems(found)] == [f"Django did not render it: {message}"]


def test_an_operation_that_django_cannot_render_is_told(tmp_path: Path) -> None:
    folder = copied(tmp_path, "django-shop")
    file = folder / "shop" / "orders" / "migrations" / "0004_remove_order_channel.py"
    file.write_text(file.read_text().replace("name='channel'", "name='gone'"))
    found = rendered(folder, "django")
    [(path, _, message)] = problems(found)
    assert path.endswith("0004_remove_order_channel.py")
    assert message.startswith("Django could not render it: ")
    assert found.migrations[-1].down_origin is DownOrigin.NONE


def _django() -> str:
    import django

    return ".".join(map(str, django.VERSION[:2]))


# --- who may ask ---------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
@pytest.mark.parametrize("asked", ["flag", "configuration", "tool"])
def test_it_is_refused_where_there_are_secrets(tmp_path: Path, event: str, asked: str) -> None:
    folder = copied(tmp_path, "alembic-shop")
    trap = folder / "ran"
    environment = folder / "migrations" / "env.py"
    environment.write_text(f"open({str(trap)!r}, 'w').close()\n")
    written = {"configuration": "render = true\n", "tool": "[sources.alembic]\nrender = true\n"}.get(
        asked, ""
    )
    (folder / "migration-lint.toml").write_text(written)
    ran = run(folder, "check", *(["--render"] if asked == "flag" else []), GITHUB_EVENT_NAME=event)
    assert (ran.code, trap.exists()) == (2, False)
    assert f"is not done for the event {event}" in ran.err


def test_without_being_asked_nothing_is_run(tmp_path: Path) -> None:
    folder = copied(tmp_path, "alembic-shop")
    trap = folder / "ran"
    (folder / "migrations" / "env.py").write_text(f"open({str(trap)!r}, 'w').close()\n")
    assert run(folder, "check").code == 1
    assert not trap.exists()


def test_check_renders_when_it_is_told_to(tmp_path: Path) -> None:
    folder = copied(tmp_path, "alembic-shop")
    bin = Path(sys.executable).parent
    ran = run(folder, "check", "--render", PATH=f"{bin}{os.pathsep}{os.environ['PATH']}", VIRTUAL_ENV="")
    plain = run(folder, "check")
    assert (ran.code, ran.out) == (plain.code, plain.out)
