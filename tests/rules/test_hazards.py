"""The hazards of ``hazards.yaml``: what is told of the bad SQL, and nothing of the good."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from migration_lint.engines.postgres.engine import DEFAULT_VERSION, PostgresEngine
from migration_lint.linting.page import Example
from migration_lint.linting.runner import Linted, lint
from migration_lint.linting.selection import Choice, select
from migration_lint.rehearsal.database import Database

from .pages import compared, counted, rules

FOLDER = Path(__file__).parent
DATA = yaml.safe_load((FOLDER / "hazards.yaml").read_text(encoding="utf-8"))
HAZARDS: dict[str, Mapping[str, Any]] = {case["hazard"]: case for case in DATA["hazards"]}
FOUND = [name for name, case in HAZARDS.items() if "finds" in case]
CLEAN = [name for name, case in HAZARDS.items() if "good" in case]
_ROW = re.compile(r"^\| (?P<hazard>[a-z][a-z0-9-]+) \| (?P<rule>.+) \|$", re.MULTILINE)
_AT_MOST = "missing-lock-timeout"


def finds(name: str) -> list[str]:
    """The rules that must speak."""
    found = HAZARDS[name].get("finds", [])
    return [found] if isinstance(found, str) else list(found)


def example(name: str, kind: str) -> Example:
    """The ``bad`` or ``good`` SQL of a hazard, as on a rule's page."""
    case = HAZARDS[name]
    options = {key: str(value) for key, value in case.get("how", {}).items() if key != "run"}
    if kind == "good":
        options.pop("disorder", None)
    return Example(kind, case[kind], DATA["theatre"] + case.get("given", ""), options)


def engine(made: Example) -> PostgresEngine:
    return PostgresEngine(made.version or DEFAULT_VERSION)


def linted(name: str, kind: str) -> Linted:
    """What is said of it by the default rules, and by those that must speak."""
    made = example(name, kind)
    settings = dict.fromkeys(finds(name), made.settings) if made.settings else {}
    choice = Choice(select=("default", *finds(name)), settings=settings)
    return lint([made.history()], engine(made), select(rules(), choice, "postgres"))


def _table() -> dict[str, str]:
    text = (FOLDER.parents[1] / "rules" / "README.md").read_text(encoding="utf-8")
    rows = {row["hazard"]: row["rule"] for row in _ROW.finditer(text.partition("| **MySQL")[0])}
    return {hazard: rule for hazard, rule in rows.items() if hazard != "hazard"}


def test_every_hazard_of_the_list_is_tried() -> None:
    assert list(_table()) == list(HAZARDS)


@pytest.mark.parametrize("name", HAZARDS)
def test_the_list_says_what_is_found(name: str) -> None:
    listed = set(re.findall(r"`([a-z0-9-]+)`", _table()[name])) & set(rules())
    if "none" in HAZARDS[name]:
        assert _table()[name].startswith("none") and "finds" not in HAZARDS[name]
    else:
        assert set(finds(name)) & listed and "good" in HAZARDS[name]


@pytest.mark.parametrize("name", FOUND)
def test_the_bad_is_found(name: str) -> None:
    result = linted(name, "bad")
    assert result.errors == ()
    found = {finding.rule for finding in counted(result)}
    assert found - {_AT_MOST} == set(finds(name)) - {_AT_MOST}
    assert set(finds(name)) <= found


@pytest.mark.parametrize("name", [name for name in HAZARDS if "none" in HAZARDS[name]])
def test_what_is_no_hazard_here_is_clean(name: str) -> None:
    assert counted(linted(name, "bad")) == []


@pytest.mark.parametrize("name", CLEAN)
def test_the_good_is_clean(name: str) -> None:
    result = linted(name, "good")
    assert result.errors == ()
    assert [f"{finding.rule}: {finding.why}" for finding in counted(result)] == []


def _runs() -> Iterator[tuple[str, str]]:
    for name, case in HAZARDS.items():
        how = case.get("how", {})
        if how.get("run") != "never" and str(how.get("version", DEFAULT_VERSION)) == DEFAULT_VERSION:
            yield from ((name, kind) for kind in ("bad", "good") if kind in case)


@pytest.mark.parametrize(("name", "kind"), _runs())
def test_the_server_does_what_is_predicted(name: str, kind: str, database: Database) -> None:
    made = example(name, kind)
    told, refused = compared(database, engine(made), made.history())
    assert told == []
    expected = kind == "bad" and bool(HAZARDS[name].get("refused"))
    assert (refused is not None) == expected, refused or "the server does not refuse it"
