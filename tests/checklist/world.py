"""Deployments to ask the checklist about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec

from migration_lint.checklist.asking import ask
from migration_lint.checklist.check import Check
from migration_lint.checklist.subject import Subject
from migration_lint.cli.setup import prepared, selected_rules
from migration_lint.config import Config
from migration_lint.findings import Severity, Verdict
from migration_lint.linting.loader import load_rules
from migration_lint.linting.runner import lint
from migration_lint.linting.walk import walk
from migration_lint.targets import Target

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
TABLE = "CREATE TABLE users (id bigint PRIMARY KEY, name text);\n"


def target(**settings: Any) -> Target:
    """A target, by the words of the configuration."""
    return msgspec.convert(settings, Target)


def subject(
    folder: Path,
    files: Mapping[str, str],
    *,
    now: datetime = NOW,
    engine_version: str = "18",
    **settings: Any,
) -> Subject:
    """A deployment of the files below a folder, all of them pending."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    work = prepared(Config(paths=(str(folder),), engine_version=engine_version))
    rules = load_rules()
    walked = [each for history in work.histories for each in walk(history, work.engine, work.start)]
    return Subject(
        name="production",
        target=target(**settings),
        now=now,
        engine="postgres",
        engine_version=engine_version,
        pending=tuple(each for each in walked if each.target),
        linted=lint(work.histories, work.engine, selected_rules(Config(), rules, "postgres")),
        fail_on=Severity.ERROR,
        rules=rules,
    )


def asked(check: Check, about: Subject) -> Verdict:
    """The verdict of one check."""
    (verdict,) = ask([check], about, {check.id: "required"}, about.target.waivers)
    return verdict


def pair(up: str, down: str | None = None, number: int = 2) -> dict[str, str]:
    """A migration for golang-migrate, after one that makes a table."""
    files = {"1_users.up.sql": TABLE, "1_users.down.sql": "DROP TABLE users;\n", f"{number}_it.up.sql": up}
    return files if down is None else files | {f"{number}_it.down.sql": down}
