"""Prediction against observation, for one case of the truth table on one version."""

from __future__ import annotations

from functools import cache, lru_cache

from migration_lint.catalog import Catalog
from migration_lint.effects import Unknown
from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.model import Document, Error, Script, Step, TransactionMode
from migration_lint.rehearsal.comparison import Agreement, Fact
from migration_lint.rehearsal.comparison import differences as step_differences
from migration_lint.rehearsal.observation import Observation

from .cases import Case, Observed, schema


@cache
def _engine(version: int) -> PostgresEngine:
    return PostgresEngine(str(version))


@cache
def start(version: int) -> tuple[Catalog, tuple[str, ...]]:
    """The catalog of the schema that every case starts from, and what was not understood of it."""
    steps, catalog, errors = _run(version, schema(), Catalog(complete=True), "schema", TransactionMode.EACH)
    unknown = [effect.reason for step in steps for effect in step.each(Unknown)]
    return catalog, (*(error.message for error in errors), *unknown)


def differences(case: Case, version: int) -> list[Fact]:
    """Where the engine's prediction is not what the server did. Empty: they agree.

    Where the server refused the statement, a refusal must have been predicted, unless it is the rows'
    doing. What was not observed is not compared.
    """
    observed = case.on(version)
    if observed is None or _depends_on_rows(observed):
        return []
    prepared, catalog, errors = _prepared(version, case.setup)
    mode = TransactionMode.ONE if observed.in_transaction_ok else TransactionMode.EACH
    before = (*case.settings, *case.pre)
    steps, _, more = _run(version, _joined((*before, case.sql)), catalog, "case", mode)
    if observed.error is not None:
        told = errors or more or any(step.refused is not None for step in (*prepared, *steps))
        return [] if told else [Fact("refused", "", observed.error, Agreement.OBSERVED_ONLY)]
    found = [
        Fact("error", "", f"line {e.line}: {e.message}", Agreement.PREDICTED_ONLY) for e in errors + more
    ]
    if len(steps) != len(before) + 1:
        return [*found, Fact("statements", "", str(len(steps)), Agreement.PREDICTED_ONLY)]
    return found + step_differences(steps[-1], observation(observed, catalog))


@lru_cache(maxsize=64)
def _prepared(version: int, setup: tuple[str, ...]) -> tuple[tuple[Step, ...], Catalog, tuple[Error, ...]]:
    """After a case's `setup`, which it often shares with its neighbours."""
    catalog, _ = start(version)
    if not setup:
        return (), catalog, ()
    return _run(version, _joined(setup), catalog, "setup", TransactionMode.EACH)


_ROWS = ("22", "23")
"""Classes of SQLSTATE: a value that does not fit, a constraint that is violated."""
_BEYOND = ("42883", "55006")
"""No such function: the server's own are not all known here. Pending trigger events: rows again."""


def _depends_on_rows(observed: Observed) -> bool:
    state = observed.sqlstate or ""
    return observed.error is not None and (state.startswith(_ROWS) or state in _BEYOND)


def observation(observed: Observed, catalog: Catalog) -> Observation:
    """A line of the table as an `Observation`; `catalog` is the schema before the transaction."""
    return Observation(
        relations=frozenset(catalog.relations) | _qualified(tuple(observed.locks)),
        error=observed.error,
        in_transaction_ok=observed.in_transaction_ok,
        locks={_full(name): mode for name, mode in observed.locks.items()},
        rewrites=_qualified(observed.rewrites),
        truncates=_qualified(observed.truncates),
        index_rebuilds=_qualified(observed.index_rebuilds),
        scans=_qualified(observed.full_scans),
        emptied_indexes=frozenset(
            index.name for name in _qualified(observed.truncates) for index in catalog.indexes_on(name)
        ),
        empty=frozenset({"public.empty_table"}),
    )


def _run(
    version: int, sql: str, before: Catalog, name: str, mode: TransactionMode
) -> tuple[tuple[Step, ...], Catalog, tuple[Error, ...]]:
    script = Script(Document(f"{name}.sql", sql), sql, mode)
    outcome = _engine(version).run(script, before, migration=name)
    return outcome.steps, outcome.after, outcome.errors


def _joined(statements: tuple[str, ...]) -> str:
    return "".join(f"{sql};\n" for sql in statements)


def _qualified(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_full, names))


def _full(name: str) -> str:
    return name if "." in name else f"public.{name}"
