from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import migration_lint
from migration_lint.errors import UsageError
from migration_lint.linting import loader
from migration_lint.linting.loader import docstring, load_rules
from tests.linting.world import OWN_RULES, own_rules

PACKAGE = Path(migration_lint.__file__).parent
RULE = """from migration_lint.linting.rule import Rule


class Mine(Rule):
    '''My own rule.'''
"""


def test_ids_come_from_the_names_of_the_files() -> None:
    assert list(own_rules()) == ["index-build-waits", "long-name", "no-rows-deleted", "other-stall"]
    assert all(rule.id == rule_id for rule_id, rule in own_rules().items())


def test_the_page_is_read_from_the_source() -> None:
    assert docstring(own_rules()["index-build-waits"]).startswith(
        "Writers wait while an index is built.\n\nIt reads"
    )


def test_own_rules_stand_beside_the_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RULE)
    builtin = load_rules()
    rules = load_rules([str(tmp_path)])
    assert set(rules) == {*builtin, "mine"}
    assert list(rules) == sorted(rules)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        (None, "", "no rules found there"),
        ("_helper", RULE, "no rules found there"),
        ("mine", "x = 1\n", "one class deriving from Rule, not 0"),
        ("mine", RULE + RULE.replace("Mine", "Other"), "one class deriving from Rule, not 2"),
        ("mine", "import nonsense_that_is_not_there\n", "cannot be loaded: ModuleNotFoundError"),
        ("mine", "def (\n", "cannot be loaded: SyntaxError"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str | None, text: str, complaint: str
) -> None:
    if name is not None:
        (tmp_path / f"{name}.py").write_text(text)
    with pytest.raises(UsageError, match=complaint):
        load_rules([str(tmp_path)])


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    taken = next(iter(load_rules())).replace("-", "_")
    (tmp_path / f"{taken}.py").write_text(RULE)
    with pytest.raises(UsageError, match="already"):
        load_rules([str(tmp_path)])


def test_without_built_in_rules_nothing_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(loader, "BUILTIN", (str(tmp_path / "rules"),))
    with pytest.raises(RuntimeError, match="no rules found"):
        load_rules()


def test_rules_load_from_a_zip_file_without_docstrings(tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in PACKAGE.rglob("*.py"):
            zipped.write(path, f"migration_lint/{path.relative_to(PACKAGE).as_posix()}")
        for path in OWN_RULES.glob("*.py"):
            zipped.write(path, f"migration_lint/rules/{path.name}")
    code = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "from migration_lint.linting.loader import docstring, load_rules\n"
        "for name, rule in load_rules().items(): print(name, docstring(rule).splitlines()[0])\n"
    )
    ran = subprocess.run([sys.executable, "-OO", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[0] == "index-build-waits Writers wait while an index is built."
    assert len(ran.stdout.splitlines()) == 4
