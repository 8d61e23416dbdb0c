"""Do old code and new schema get on, and new code and old schema? And so: in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from msgspec import Struct

from migration_lint.rehearsal.queries.prepare import Prepared
from migration_lint.rehearsal.queries.query import Query


class Outcome(Enum):
    """What becomes of a query of one side on the schema of the other."""

    BROKEN = "broken"
    """It fails."""
    CHANGED = "changed"
    """It goes on, with other result or parameter types: held plans and typed clients fail."""
    UNCHECKED = "unchecked"
    """It cannot be prepared on its own side's schema either."""


class Finding(Struct, frozen=True):
    """What becomes of one query, and why."""

    query: Query
    outcome: Outcome
    why: str


class Order(Enum):
    """The order in which to migrate and to deploy."""

    EITHER = "either: old code works on the new schema, and new code on the old one"
    MIGRATE_FIRST = "migrate first, then deploy: the new code needs the new schema"
    DEPLOY_FIRST = "deploy first, then migrate: the old code fails on the new schema"
    NEITHER = "neither: split it (expand, deploy, contract), as each fails with the other's"


def compared(
    queries: Sequence[Query], home: Sequence[Prepared], away: Sequence[Prepared]
) -> Iterator[Finding]:
    """What becomes of queries that are at home on one schema on another. Most are not told of."""
    for query, here, there in zip(queries, home, away, strict=True):
        if here.error is not None:
            yield Finding(query, Outcome.UNCHECKED, here.error)
        elif there.error is not None:
            yield Finding(query, Outcome.BROKEN, there.error)
        elif there.required - here.required:
            missing = ", ".join(sorted(there.required - here.required))
            yield Finding(query, Outcome.BROKEN, f"its INSERT leaves out {missing}, which must not be null")
        elif here.columns != there.columns:
            yield Finding(query, Outcome.CHANGED, _columns(here, there))
        elif here.parameters != there.parameters:
            told = f"({', '.join(there.parameters)}), was ({', '.join(here.parameters)})"
            yield Finding(query, Outcome.CHANGED, f"its parameters are {told}")


def order(old_on_new: Sequence[Finding], new_on_old: Sequence[Finding]) -> Order:
    """What to do first."""
    old_works = not any(finding.outcome is Outcome.BROKEN for finding in old_on_new)
    new_works = not any(finding.outcome is Outcome.BROKEN for finding in new_on_old)
    if old_works:
        return Order.EITHER if new_works else Order.MIGRATE_FIRST
    return Order.DEPLOY_FIRST if new_works else Order.NEITHER


def _columns(here: Prepared, there: Prepared) -> str:
    told = [f"{name} {kind}" for name, kind in there.columns if (name, kind) not in here.columns]
    gone = [f"{name} {kind}" for name, kind in here.columns if (name, kind) not in there.columns]
    parts = [f"it now returns {', '.join(told)}"] if told else []
    parts += [f"no longer {', '.join(gone)}"] if gone else []
    parts = parts or ["its columns come in another order"]
    held = "sessions that hold a plan of it fail once (cached plan must not change result type)"
    return f"{', '.join(parts)}: {held}"
