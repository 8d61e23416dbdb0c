"""Asking the engine about one statement, and saying its answer in lines that a DBA can read."""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect, Impact, IndexBuild, Lock, Unknown
from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.model import Document, Script, Step, TransactionMode


def catalog_of(sql: str, *, version: int = 18, complete: bool = True) -> Catalog:
    """The catalog that a schema makes; `complete` where nothing else exists."""
    return _run(sql, Catalog(complete=complete), version, TransactionMode.EACH, "given")[1]


def predict_all(
    sql: str,
    *,
    given: str = "",
    version: int = 18,
    transaction: TransactionMode = TransactionMode.EACH,
    complete: bool = True,
) -> list[Step]:
    """The steps of `sql`, after what `given` made in an earlier migration."""
    before = catalog_of(given, version=version, complete=complete)
    return list(_run(sql, before, version, transaction, "case")[0])


def predict(
    sql: str,
    *,
    given: str = "",
    version: int = 18,
    transaction: TransactionMode = TransactionMode.EACH,
    complete: bool = True,
) -> Step:
    """The last step of `sql`."""
    return predict_all(sql, given=given, version=version, transaction=transaction, complete=complete)[-1]


def _run(
    sql: str, before: Catalog, version: int, mode: TransactionMode, name: str
) -> tuple[tuple[Step, ...], Catalog]:
    script = Script(Document(f"{name}.sql", sql), sql, mode)
    outcome = PostgresEngine(str(version)).run(script, before, migration=name)
    assert not outcome.errors, outcome.errors
    return outcome.steps, outcome.after


def lines(step: Step) -> list[str]:
    """``["CreateIndex public.t", "Lock public.t ShareLock", "Scan public.t"]``, ``?`` where not certain.

    Where the server refuses the statement, the last line says why, without the details in parentheses.
    """
    found = [line(effect) for effect in step.effects]
    return [*found, *([f"refused: {step.refused.partition(' (')[0]}"] if step.refused else [])]


def line(effect: Effect) -> str:
    """One effect."""
    doubt = "" if effect.certain else " ?"
    if isinstance(effect, Lock):
        return f"Lock {effect.relation} {effect.mode.name}{doubt}"
    if isinstance(effect, IndexBuild):
        return f"IndexBuild {effect.index} on {effect.relation}{doubt}"
    if isinstance(effect, Unknown):
        return f"Unknown: {effect.reason}{doubt}"
    return f"{type(effect).__name__} {getattr(effect, 'relation', '')}{doubt}"


def impacts(step: Step) -> list[str]:
    """The lines of the impacts alone."""
    return [line(effect) for effect in step.effects if isinstance(effect, Impact)]


def locks(step: Step) -> dict[str, str]:
    """The mode of each lock, by relation."""
    return {effect.relation: effect.mode.name for effect in step.each(Lock)}
