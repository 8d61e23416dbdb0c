"""What squawk complains about, run through squawk itself, and what we say of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from migration_lint.engines.postgres.engine import DEFAULT_VERSION, PostgresEngine
from migration_lint.linting.page import Example
from migration_lint.linting.runner import lint
from migration_lint.linting.selection import Choice, select

from .pages import counted, rules
from .test_hazards import DATA
from .test_readme import MISLEADING, NOT_OURS, SQUAWK_RULES

CASES: list[Mapping[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "squawk.yaml").read_text(encoding="utf-8")
)
_RENAMED = {"require-timeout-settings": "require-lock-timeout", "prefer-timestamptz": "prefer-timestamp-tz"}
"""Names that squawk still takes, and those that it gives."""


def _named(cases: list[Mapping[str, Any]]) -> Iterator[Any]:
    for number, case in enumerate(cases):
        yield pytest.param(number, case, id=f"{case['squawk']}-{number}")


def _complaints(paths: Mapping[str, int], *options: str) -> Iterator[tuple[int, str]]:
    include = [f"--include={rule}" for rule in SQUAWK_RULES]
    command = [str(Path(sys.executable).parent / "squawk"), "--reporter=json", *options, *include, *paths]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    for complaint in json.loads(ran.stdout):
        yield paths[complaint["file"]], complaint["rule_name"]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[int, str]]:
    """(number of the case, rule of squawk that speaks)."""
    folder = tmp_path_factory.mktemp("squawk")
    versions: dict[str, dict[str, int]] = {}
    for number, case in enumerate(CASES):
        path = folder / f"{number}.sql"
        path.write_text(case["sql"], encoding="utf-8")
        versions.setdefault(str(case.get("version", "")), {})[str(path)] = number
    found: set[tuple[int, str]] = set()
    for version, paths in versions.items():
        found.update(_complaints(paths, *([f"--pg-version={version}"] if version else [])))
    return found


def test_every_rule_of_squawk_is_tried() -> None:
    tried = {case["squawk"] for case in CASES}
    assert set(SQUAWK_RULES) == tried | set(_RENAMED)
    assert tried <= set(SQUAWK_RULES)


@pytest.mark.parametrize(("number", "case"), _named(CASES))
def test_squawk_complains(number: int, case: Mapping[str, Any], complaints: set[tuple[int, str]]) -> None:
    assert (number, _RENAMED.get(case["squawk"], case["squawk"])) in complaints


@pytest.mark.parametrize(("number", "case"), _named([case for case in CASES if "ours" in case]))
def test_we_do_too(number: int, case: Mapping[str, Any]) -> None:
    ours = case["ours"]
    assert f"squawk:{case['squawk']}" in rules()[ours].aliases
    assert ours in _found(case, ours)


@pytest.mark.parametrize(("number", "case"), _named([case for case in CASES if "ours" not in case]))
def test_we_do_not_where_the_list_says_why(number: int, case: Mapping[str, Any]) -> None:
    ours = {rule for rule, made in rules().items() if f"squawk:{case['squawk']}" in made.aliases}
    assert not ours & _found(case, *ours)
    assert case["squawk"] in (MISLEADING if "misleads" in case else NOT_OURS)


def _found(case: Mapping[str, Any], *asked: str) -> set[str]:
    made = Example("bad", case["sql"], DATA["theatre"] + case.get("given", ""))
    engine = PostgresEngine(DEFAULT_VERSION)
    result = lint([made.history()], engine, select(rules(), Choice(select=("default", *asked)), engine.name))
    assert result.errors == ()
    return {finding.rule for finding in counted(result)}
