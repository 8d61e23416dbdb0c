"""Folds the catalog through a history, and yields what its targets do."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.engines.engine import Engine, Outcome
from migration_lint.linting.crash import described
from migration_lint.model import Direction, Error, History, Migration, Script


class Run(Struct, frozen=True):
    """One script of a migration, and what it does."""

    script: Script
    direction: Direction
    outcome: Outcome


class Walked(Struct, frozen=True):
    """A migration on the way. `runs` are its scripts, up first; `target`: it is to be judged.

    `unread`: something of it, or of one before it, could not be read.
    """

    migration: Migration
    target: bool
    runs: tuple[Run, ...]
    unread: bool = False


def walk(history: History, engine: Engine, start: Catalog | None = None) -> Iterator[Walked]:
    """Every migration of a history in order. `start` is the schema before the first of them.

    The down script of a target is run from the catalog after its up script; the history goes on
    from there too. What could not be read makes the catalog incomplete.
    """
    catalog = Catalog(complete=history.complete) if start is None else start
    failed = {error.path for error in history.errors}
    unread = False
    for migration in history.migrations:
        target = migration.id in history.targets
        unread = unread or migration.path in failed
        up = _run(engine, migration, migration.up, _seen(catalog, unread), Direction.UP)
        unread = unread or bool(up.outcome.errors)
        catalog = _seen(up.outcome.after, unread)
        runs = [up]
        if target and migration.down is not None:
            runs.append(_run(engine, migration, migration.down, catalog, Direction.DOWN))
        yield Walked(migration, target, tuple(runs), unread)


def _seen(catalog: Catalog, unread: bool) -> Catalog:
    return replace(catalog, complete=False) if unread and catalog.complete else catalog


def _run(engine: Engine, migration: Migration, script: Script, before: Catalog, direction: Direction) -> Run:
    try:
        outcome = engine.run(script, before, migration=migration.id, direction=direction, tool=migration.tool)
    except Exception as error:  # recorded: one file must not hide the others
        message = f"migration-lint could not analyse this file, which is a bug: {described(error)}"
        outcome = Outcome((), before, (Error(script.document.path, 1, message),))
    return Run(script, direction, outcome)
