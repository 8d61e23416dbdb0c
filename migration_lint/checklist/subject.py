"""What the checklist is asked about: the migrations that are to run, where, and when."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.checklist.probes.postgres import Postgres
from migration_lint.findings import Severity
from migration_lint.linting.loader import RuleClasses
from migration_lint.linting.runner import Linted
from migration_lint.linting.walk import Walked
from migration_lint.model import History
from migration_lint.targets import Target, seconds


class Subject(Struct, frozen=True):
    """One deployment. `pending` are the migrations that it runs, in order, with what they do.

    `now` has a time zone. `linted` is what the rules say of the pending migrations, `fail_on` the
    least severity that blocks (None: none does). `database` is the target's, `staging` that of the
    target where the migrations ran before (None: no such target).
    """

    name: str
    target: Target
    now: datetime
    engine: str
    engine_version: str
    database: Postgres
    staging: Postgres | None = None
    staging_target: Target | None = None
    histories: tuple[History, ...] = ()
    pending: tuple[Walked, ...] = ()
    linted: Linted = Linted()
    fail_on: Severity | None = Severity.ERROR
    rules: RuleClasses = {}


def before(walked: Walked) -> Catalog:
    """The schema that a migration finds."""
    outcome = walked.runs[0].outcome
    return outcome.steps[0].before if outcome.steps else outcome.after


def limit(subject: Subject) -> float:
    """How many seconds a question may take where nothing else is said."""
    return seconds(subject.target.timeout)
