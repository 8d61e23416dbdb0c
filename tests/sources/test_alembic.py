from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.model import DownOrigin, History, Script, TransactionMode
from migration_lint.sources import detect, find, load
from migration_lint.sources.folder import listed
from migration_lint.sources.tools.alembic import SOURCE
from tests.sources.folders import ids, problems, targets, write

HEAD = "from alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n"
HINT = ": not read without running it; --render asks Alembic for its SQL"


def revision(id: str, down: object = None, up: str = "pass", back: str = "pass", more: str = "") -> str:
    """The text of a revision; `up` and `back` are the bodies of its functions."""
    return (
        f"{HEAD}revision = {id!r}\ndown_revision = {down!r}\n{more}\n"
        f"def upgrade():\n{_indented(up)}\n\ndef downgrade():\n{_indented(back)}\n"
    )


def _indented(body: str) -> str:
    return "\n".join(f"    {line}" for line in body.splitlines())


def history(root: Path, files: dict[str, str]) -> History:
    [found] = load([write(root, {f"versions/{name}": text for name, text in files.items()} | {"env.py": ""})])
    return found


def up(root: Path, body: str) -> tuple[Script, list[tuple[int, str]]]:
    """The up script of a revision with this body, and what was not read: line in the body, message."""
    found = history(root, {"a.py": revision("a", up=body)})
    first = HEAD.count("\n") + 4
    return found.migrations[0].up, [(error.line - first, error.message) for error in found.errors]


def sql(script: Script) -> list[str]:
    return [line for line in script.sql.replace(";\n", "\n").splitlines() if line.strip()]


# --- the graph -----------------------------------------------------------------------------------


def test_order_is_by_down_revision_whatever_the_files_are_called(tmp_path: Path) -> None:
    found = history(
        tmp_path,
        {
            "a.py": revision("r3", ("r2", "r2b")),
            "b.py": revision("r2", "r1"),
            "c.py": revision("r1"),
            "d.py": revision("r2b", "r1"),
        },
    )
    assert ids(found) == ["r1", "r2", "r2b", "r3"]
    assert problems(found) == []
    assert found.irregularities == ()
    assert found.complete


def test_annotated_and_shortened_revisions(tmp_path: Path) -> None:
    text = revision("abcdef123456").replace("revision = ", "revision: str = ", 1)
    found = history(tmp_path, {"z.py": text, "a.py": revision("b", "abcd")})
    assert ids(found) == ["abcdef123456", "b"]
    assert problems(found) == []


def test_two_heads(tmp_path: Path) -> None:
    files = {"a.py": revision("a"), "b.py": revision("b", "a"), "c.py": revision("c", "a")}
    [irregular] = history(tmp_path, files).irregularities
    assert (irregular.disorder.value, irregular.migration, irregular.other) == ("heads", "c", "b")
    assert irregular.line == 5
    assert "alembic merge b c" in irregular.remedy


def test_labelled_branches_are_no_accident(tmp_path: Path) -> None:
    files = {
        "a.py": revision("a"),
        "b.py": revision("b", "a", more="branch_labels = ('expand',)"),
        "c.py": revision("c", "a", more="branch_labels = ('contract',)"),
        "d.py": revision("d", "c", more="depends_on = 'expand'"),
    }
    assert history(tmp_path, files).irregularities == ()


def test_a_revision_that_is_there_twice(tmp_path: Path) -> None:
    found = history(tmp_path, {"a.py": revision("a"), "b.py": revision("a")})
    assert [each.disorder.value for each in found.irregularities] == ["duplicate"]
    assert problems(found) == [("versions/b.py", 4, "a.py has the revision a as well")]


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("b.py", revision("b", "gone"), 5, "it comes after gone, and there is no such revision"),
        (
            "b.py",
            revision("b", "c").replace("'c'", "'b'"),
            5,
            "revisions come after each other in a circle: b",
        ),
        (
            "b.py",
            "revision = make()\n",
            1,
            "revision is make, whose value only Python knows",
        ),
        ("b.py", "def upgrade(:\n", 1, "not Python that Python "),
        ("b.py", "revision = 'b'\ndown_revision = 3\n", 2, "down_revision is neither a revision nor a list"),
        ("b.py", "x = 1\n", 1, "no revision is set in it: Alembic does not run it"),
        ("b.py", "revision = 'b'\0\n", 1, "not Python"),
        ("b.py", "revision = 'b'\ndown_revision = 'a'\n", 1, "it has no function upgrade()"),
        ("b.py", "x = " + "(" * 5000, 1, "not Python that Python "),
        ("b.py", "x = " + "-" * 200_000 + "1", 1, "nested too deep to be read as Python"),
        ("b.py", "# " + "x" * 10_000_000, 1, "larger than 2,000,000 characters: not read as Python"),
        (
            "b.sql",
            "DROP TABLE a;",
            1,
            "Alembic runs Python files; whether one of them runs this is not known",
        ),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_read(
    tmp_path: Path, name: str, text: str, line: int, message: str
) -> None:
    files = {"a.py": revision("a", up="op.drop_table('x')"), name: text}
    found = history(tmp_path, files)
    assert "a" in ids(found)
    assert found.migrations[0].up.sql == "DROP TABLE x;\n"
    [(path, at, told)] = problems(found)
    assert (path, at) == (f"versions/{name}", line)
    assert told.startswith(message)


def test_a_long_expression(tmp_path: Path) -> None:
    body = "op.execute(" + "+".join(["'x'"] * 3000) + ")"
    assert len(problems(history(tmp_path, {"a.py": revision("a", up=body)}))) == 1


# --- where it lies -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "given", "mark"),
    [
        ({"alembic.ini": "[alembic]\nscript_location = db\n", "db/env.py": ""}, ".", "alembic.ini"),
        ({"alembic.ini": "[alembic]\nscript_location = %(here)s/db\n", "db/env.py": ""}, ".", "alembic.ini"),
        (
            {"pyproject.toml": "[tool.alembic]\nscript_location = 'db'\n", "db/env.py": ""},
            ".",
            "[tool.alembic]",
        ),
        ({"db/env.py": ""}, "db", "env.py and versions/"),
        ({"db/alembic.ini": "[alembic]\n", "db/env.py": ""}, "db", "alembic.ini"),
        ({}, "db/versions", "down_revision in a.py"),
    ],
)
def test_a_folder_is_known_by_its_files(
    tmp_path: Path, files: dict[str, str], given: str, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"db/versions/a.py": revision("a"), ".git/x": "", **files})
    monkeypatch.chdir(tmp_path)
    [found] = load([given])
    assert (found.tool, ids(found), problems(found)) == ("alembic", ["a"], [])
    assert (SOURCE.recognises(listed(given)) or "").startswith(mark)
    assert detect(given) == ["alembic"]
    assert find(".") == [("db" if files else "db/versions", "alembic")]


def test_several_version_locations(tmp_path: Path) -> None:
    files = {
        "alembic.ini": "[alembic]\nscript_location = db\nversion_locations = %(here)s/one:%(here)s/two\n"
        "path_separator = os\nfile_template = %%(rev)s_%%(slug)s\n",
        "db/env.py": "",
        "one/a.py": revision("a"),
        "two/b.py": revision("b", "a"),
    }
    [found] = load([write(tmp_path, files)])
    assert (ids(found), problems(found)) == (["a", "b"], [])
    assert [path.rpartition("/")[2] for path in found.configuration] == ["alembic.ini", "env.py"]


@pytest.mark.parametrize("given", ["m/versions/b.py", "m/versions/b.py"])
def test_one_file_is_one_target(tmp_path: Path, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"m/env.py": "", "m/versions/a.py": revision("a"), "m/versions/b.py": revision("b", "a")})
    monkeypatch.chdir(tmp_path)
    [found] = load([given])
    assert (found.root, ids(found), targets(found)) == ("m", ["a", "b"], ["b"])


# --- the functions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if op.get_bind().dialect.name == 'postgresql':\n    op.drop_table('a')", ["DROP TABLE a"]),
        ("bind = op.get_bind()\nif bind.dialect.name != 'postgresql':\n    op.drop_table('a')", []),
        ("context = op.get_context()\nif context.dialect.name in ('mysql',):\n    return\nop.drop_table('a')",
         ["DROP TABLE a"]),
        ("conn = op.get_bind()\nconn.execute(sa.text('SELECT 1'))", ["SELECT 1"]),
        ("def f(name, schema=None):\n    op.drop_table(name, schema=schema)\nf('a')\nf('b', schema='s')",
         ["DROP TABLE a", "DROP TABLE s.b"]),
        ("for old, new in [('a', 'b')]:\n    op.rename_table(old, new)", ["ALTER TABLE a RENAME TO b"]),
        ("op.execute('SELECT 1' ' + 1')", ["SELECT 1 + 1"]),
        ("op.execute('SELECT {}'.format(1))", ["SELECT 1"]),
        ("op.execute('SELECT %s' % 1)", ["SELECT 1"]),
        ("print('hello')\nreturn\nop.drop_table('a')", []),
        ("b = op.get_bind()\nsa.Enum('a', name='e').create(b)\nsa.Enum(name='e').drop(b, checkfirst=False)",
         ["CREATE TYPE e AS ENUM ('a')", "DROP TYPE e"]),
    ],
)  # fmt: skip
def test_python_that_is_followed(tmp_path: Path, body: str, expected: list[str]) -> None:
    script, told = up(tmp_path, body)
    assert (sql(script), told) == (expected, [])


@pytest.mark.parametrize(
    ("body", "line", "what", "read"),
    [
        ("op.execute(open('x').read())", 1, "open, whose value only Python knows", []),
        ("op.execute(f'DROP TABLE {name}')", 1, "name, whose value only Python knows", []),
        ("op.add_column('a', sa.Column('b', app.Money()))", 1, "app, whose value only Python knows", []),
        ("op.create_view('a')", 1, "op.create_view(…)", []),
        ("op.drop_table('a', cascade=True)", 1, "the argument cascade of op.drop_table", []),
        ("x = 1\nsession = Session()\nop.drop_table('a')", 2, "Session, whose value only Python knows",
         ["DROP TABLE a"]),
        ("if has('a'):\n    op.drop_table('a')", 1, "whether has, whose value only Python knows holds",
         ["DROP TABLE a"]),
        ("while True:\n    op.drop_table('a')", 1, "`while True: op.drop_table('a')`", []),
        ("try:\n    op.drop_table('a')\nexcept Exception:\n    pass", 1,
         "`try: op.drop_table('a') except Exception: pass`", []),
        ("op.drop_constraint(None, 'a')", 1, "a constraint without a name, which Alembic cannot drop", []),
        ("op.execute(sa.text('SELECT :a'), {'a': 1})", 1, "SQL with parameters", []),
        ("op.execute('x' * 10 ** 9)", 1, "`10 ** 9`, whose value only Python knows", []),
        ("def f():\n    f()\nf()", 2, "`f()`", []),
        ("for x in list(range(10)):\n    op.drop_table('a')", 1, "range, whose value only Python knows", []),
    ],
)  # fmt: skip
def test_what_only_python_knows_is_told_with_its_line(
    tmp_path: Path, body: str, line: int, what: str, read: list[str]
) -> None:
    script, told = up(tmp_path, body)
    assert told == [(line, what + HINT)]
    assert sql(script) == read


def test_loops_that_never_end_are_left(tmp_path: Path) -> None:
    deep = "\n".join(f"{'    ' * n}for x{n} in range_:" for n in range(15)) + "\n" + "    " * 15 + "pass"
    _, told = up(tmp_path, f"range_ = ({','.join('0' * 10)})\n{deep}")
    assert [message for _, message in told] == [
        "more than 10,000 statements of Python, which are not followed" + HINT
    ]


# --- transactions --------------------------------------------------------------------------------


def test_alembic_wraps_a_revision_in_a_transaction(tmp_path: Path) -> None:
    script, _ = up(tmp_path, "op.drop_table('a')")
    assert script.transaction is TransactionMode.ONE


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("with op.get_context().autocommit_block():\n    op.execute('VACUUM')", ["VACUUM"]),
        (
            "op.drop_table('a')\nwith op.get_context().autocommit_block():\n    op.execute('VACUUM')\n"
            "op.drop_table('b')",
            ["BEGIN", "DROP TABLE a", "COMMIT", "VACUUM", "BEGIN", "DROP TABLE b", "COMMIT"],
        ),
    ],
)
def test_what_is_in_an_autocommit_block_is_not_in_it(tmp_path: Path, body: str, expected: list[str]) -> None:
    script, told = up(tmp_path, body)
    assert (script.transaction, sql(script), told) == (TransactionMode.EACH, expected, [])


def test_an_environment_without_transactions(tmp_path: Path) -> None:
    write(tmp_path, {"env.py": "context.configure(transactional_ddl=False)", "versions/a.py": revision("a")})
    [found] = load([str(tmp_path)])
    assert found.migrations[0].up.transaction is TransactionMode.EACH


@pytest.mark.parametrize(
    ("up", "back", "origin"),
    [
        ("op.drop_table('a')", "op.drop_table('b')", DownOrigin.WRITTEN),
        ("op.drop_table('a')", "pass", DownOrigin.NONE),
        ("op.drop_table('a')", "raise NotImplementedError()", DownOrigin.NONE),
        ("op.drop_table('a')", "restore()", DownOrigin.WRITTEN),
        ("pass", "pass", DownOrigin.WRITTEN),
    ],
)
def test_what_downgrade_is(tmp_path: Path, up: str, back: str, origin: DownOrigin) -> None:
    [migration] = history(tmp_path, {"a.py": revision("a", up=up, back=back)}).migrations
    assert migration.down_origin is origin


def test_a_down_script_without_an_up_script_is_no_history(tmp_path: Path) -> None:
    [migration] = history(tmp_path, {"a.py": revision("a", up="op.drop_table('a')")}).migrations
    assert migration.down is None


# --- places --------------------------------------------------------------------------------------


def test_a_statement_in_a_string_is_found_where_it_stands(tmp_path: Path) -> None:
    body = (
        'op.execute("""\n    SELECT 1;\n    SELECT \'\\u00e4\' || \'x\'\n""")\n'
        'op.execute("SELECT 2"\n  " + 3")'
    )
    script, _ = up(tmp_path, body)
    text = script.document.text

    def place(part: str) -> str:
        at = script.sql.index(part)
        span = script.span(at, at + len(part))
        return text[span.start : span.end]

    assert place("SELECT 1") == "SELECT 1"
    assert place("'ä'") == "'\\u00e4'"
    assert place("|| 'x'") == "|| 'x'"
    assert place("SELECT 2 + 3") == 'SELECT 2"\n      " + 3'


def test_a_comment_speaks_of_the_call_under_it_or_beside_it(tmp_path: Path) -> None:
    body = (
        "# migration-lint: ignore[drop-table] above\nop.drop_table('a')\n"
        "op.drop_table('b')  # migration-lint: ignore[drop-table] beside\nop.drop_table('c')  # other"
    )
    script, _ = up(tmp_path, body)
    assert sql(script) == [
        "-- migration-lint: ignore[drop-table] above",
        "DROP TABLE a",
        "-- migration-lint: ignore[drop-table] beside",
        "DROP TABLE b",
        "DROP TABLE c",
    ]


# --- nothing is run ------------------------------------------------------------------------------


def test_no_python_of_the_project_is_run(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    files = {"env.py": trap, "versions/a.py": trap + revision("a", up=trap), "versions/__init__.py": trap}
    [found] = load([write(tmp_path, files | {"alembic.ini": "[alembic]\nscript_location = .\n"})])
    assert ids(found) == ["a"]
    assert not (tmp_path / "ran").exists()
