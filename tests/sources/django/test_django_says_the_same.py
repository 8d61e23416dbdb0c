"""Migration by migration: our SQL is what Django 4.2, 5.2 and 6.1 ran, as `record.py` recorded it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from migration_lint.model import DownOrigin, Migration, Script
from migration_lint.sources import load
from tests.sources.same_sql import meaning

from .record import CORPUS, RECORDED

VERSIONS = sorted(path.stem for path in RECORDED.glob("*.jsonl"))
_OF_THE_MOMENT = re.compile(r"'[^']*'::(timestamptz|uuid|interval)")
IN_ANOTHER_ORDER = {
    # Keys and columns that refer to a changed key: Django goes by its registry of models.
    ("shop.0003_alter_fields", "up"),
    ("shop.0003_alter_fields", "down"),
    ("shop.0005_rename", "up"),
    ("shop.0005_rename", "down"),
}
"""Migrations whose statements are the same, and in another order."""


DIFFERENT = {
    # 4.2 doubles a percent sign that nothing halves again: the pattern means the same.
    ("4.2", "older.0001_initial"): "AEXPR_LIKE",
}
"""Statements, by a word in them, that are meant to be otherwise."""


@cache
def _recorded(version: str) -> list[dict[str, Any]]:
    lines = (RECORDED / f"{version}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def _ours(version: str) -> dict[str, Migration]:
    [history] = load([str(CORPUS)], settings={"django": {"version": version}})
    assert history.errors == ()
    return {migration.id: migration for migration in history.migrations}


def _statements(sql: list[str]) -> list[str]:
    trees = [tree for each in sql for tree in meaning(_OF_THE_MOMENT.sub(r"'NOW'::\1", each))]
    return [json.dumps(tree, sort_keys=True) for tree in trees]


def _of_script(script: Script | None) -> list[str]:
    return _statements([script.sql] if script is not None else [])


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize(
    ("version", "number"),
    [(version, number) for version in VERSIONS for number in range(len(_recorded(version)))],
)
def test_the_sql_is_what_django_runs(version: str, number: int, direction: str) -> None:
    recorded = _recorded(version)[number]
    id = f"{recorded['app']}.{recorded['name']}"
    migration = _ours(version)[id]
    theirs = _statements(recorded[direction])
    ours = _of_script(migration.up if direction == "up" else migration.down)
    if word := DIFFERENT.get((version, id)):
        theirs, ours = ([each for each in side if word not in each] for side in (theirs, ours))
    assert migration.down_origin is DownOrigin.DERIVED
    if (id, direction) in IN_ANOTHER_ORDER:
        theirs, ours = sorted(theirs), sorted(ours)
    assert ours == theirs


def test_several_versions_are_compared() -> None:
    assert {"4.2", "5.2", "6.1"} <= set(VERSIONS)
