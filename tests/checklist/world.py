"""Deployments to ask the checklist about."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
from psycopg.conninfo import make_conninfo

from migration_lint.checklist.asking import ask
from migration_lint.checklist.check import Check
from migration_lint.checklist.probes.postgres import Postgres
from migration_lint.checklist.subject import Subject
from migration_lint.cli.setup import prepared, selected_rules
from migration_lint.config import Config
from migration_lint.findings import Severity, Verdict
from migration_lint.linting.loader import load_rules
from migration_lint.linting.runner import lint
from migration_lint.linting.walk import walk
from migration_lint.rehearsal.database import Database
from migration_lint.targets import Secret, Target

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
    database: Database | None = None,
    staged: Database | None = None,
    pending: Collection[str] | None = None,
    dsn: str = "",
    **settings: Any,
) -> Subject:
    """A deployment of the files below a folder, all of them pending, or those that are named."""
    if database is not None:
        settings = {"dsn": {"env": "IN_THE_ENVIRONMENT"}} | settings
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
        database=asking("production", dsn or (dsn_of(database) if database else "")),
        staging=asking("staging", dsn_of(staged)) if staged is not None else None,
        histories=tuple(work.histories),
        pending=tuple(each for each in walked if pending is None or each.migration.id in pending),
        linted=lint(work.histories, work.engine, selected_rules(Config(), rules, "postgres")),
        fail_on=Severity.ERROR,
        rules=rules,
    )


def dsn_of(database: Database, **changes: str) -> str:
    """How to connect to a database of the tests."""
    with database.connect() as connection:
        known = connection.info.get_parameters() | {"port": str(connection.info.port)} | changes
    return make_conninfo(**known)


def asking(name: str, dsn: str, seconds: float = 10) -> Postgres:
    """The database of that connection string, which comes from the environment as it has to."""
    if not dsn:
        return Postgres(name, None, seconds)
    variable = f"TEST_DSN_{abs(hash(dsn))}"
    os.environ[variable] = dsn
    return Postgres(name, Secret(env=variable), seconds)


def asked(check: Check, about: Subject) -> Verdict:
    """The verdict of one check."""
    (verdict,) = ask([check], about, {check.id: "required"}, about.target.waivers)
    return verdict


def pair(up: str, down: str | None = None, number: int = 2) -> dict[str, str]:
    """A migration for golang-migrate, after one that makes a table."""
    files = {"1_users.up.sql": TABLE, "1_users.down.sql": "DROP TABLE users;\n", f"{number}_it.up.sql": up}
    return files if down is None else files | {f"{number}_it.down.sql": down}
