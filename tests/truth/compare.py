"""Prediction against observation, for one case of the truth table on one version."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.effects import (
    AddColumn,
    AddConstraint,
    AlterConstraint,
    AttachPartition,
    ChangeColumnType,
    CreateTable,
    IndexBuild,
    Lock,
    Rewrite,
    RunCode,
    Scan,
    Truncate,
    Unknown,
    ValidateConstraint,
)
from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.model import Document, Error, Script, Step, TransactionMode, TransactionRule
from migration_lint.schema import Constraint

from .cases import Case, Observed, schema


class Difference(Struct, frozen=True):
    """One field in which prediction and observation differ."""

    field: str
    predicted: str
    observed: str

    def __str__(self) -> str:
        return f"{self.field}: predicted {self.predicted}, observed {self.observed}"


@cache
def _engine(version: int) -> PostgresEngine:
    return PostgresEngine(str(version))


@cache
def start(version: int) -> tuple[Catalog, tuple[str, ...]]:
    """The catalog of the schema that every case starts from, and what was not understood of it."""
    steps, catalog, errors = _run(version, schema(), Catalog(complete=True), "schema", TransactionMode.EACH)
    unknown = [effect.reason for step in steps for effect in step.each(Unknown)]
    return catalog, (*(error.message for error in errors), *unknown)


def differences(case: Case, version: int) -> list[Difference]:
    """Where the engine's prediction is not what the server did. Empty: they agree.

    Where the server refused the statement, or was not observed, nothing is compared.
    """
    observed = case.on(version)
    if observed is None or observed.error is not None:
        return []
    catalog, _ = start(version)
    errors: tuple[Error, ...] = ()
    if case.setup:
        _, catalog, errors = _run(version, _joined(case.setup), catalog, "setup", TransactionMode.EACH)
    mode = TransactionMode.ONE if observed.in_transaction_ok else TransactionMode.EACH
    before = (*case.settings, *case.pre)
    steps, _, more = _run(version, _joined((*before, case.sql)), catalog, "case", mode)
    found = [Difference("error", f"line {e.line}: {e.message}", "accepted") for e in errors + more]
    if len(steps) != len(before) + 1:
        wanted = f"{len(before) + 1} statements"
        return [*found, Difference("steps", f"{len(steps)} statements", wanted)]
    return found + _compare(steps[-1], catalog, observed)


def _run(
    version: int, sql: str, before: Catalog, name: str, mode: TransactionMode
) -> tuple[tuple[Step, ...], Catalog, tuple[Error, ...]]:
    script = Script(Document(f"{name}.sql", sql), sql, mode)
    outcome = _engine(version).run(script, before, migration=name)
    return outcome.steps, outcome.after, outcome.errors


def _joined(statements: tuple[str, ...]) -> str:
    return "".join(f"{sql};\n" for sql in statements)


def _compare(step: Step, catalog: Catalog, observed: Observed) -> list[Difference]:
    unknown = [effect.reason for effect in step.each(Unknown)]
    if any(step.each(RunCode)):
        # SQL that only the server sees: all there is to ask is that the engine says so.
        return [] if unknown else [Difference("unknown", "nothing", "opaque code")]
    found = [Difference("unknown", reason, "understood") for reason in unknown]
    if step.refused is not None:
        found.append(Difference("refused", step.refused, "accepted"))
    rule = TransactionRule.ALLOWED if observed.in_transaction_ok else TransactionRule.FORBIDDEN
    if step.transaction is not rule:
        found.append(Difference("transaction", step.transaction.value, rule.value))

    found += _locks(step, catalog, observed)
    rewritten = _existing(catalog, (e.relation for e in step.each(Rewrite)))
    found += _sets("rewrites", rewritten, set(observed.rewrites))
    truncated = _existing(catalog, (e.relation for e in step.each(Truncate)))
    found += _sets("truncates", _leaves(catalog, truncated), set(observed.truncates))

    # A rewrite reads its table too; the referenced side of a foreign key's check is read as the
    # planner pleases (a scan, an index, or rows one by one).
    read_anyway = rewritten | _referenced(step) | set(observed.rewrites)
    scanned = _existing(catalog, (e.relation for e in step.each(Scan)))
    found += _sets("scans", scanned - read_anyway, set(observed.full_scans) - read_anyway)

    # TRUNCATE gives the table's indexes new, empty files as well.
    emptied = {
        _bare(index.name) for name in observed.truncates for index in catalog.indexes_on(f"public.{name}")
    }
    built = {_bare(e.index) for e in step.each(IndexBuild) if catalog.index(e.index) is not None}
    found += _sets("index builds", built - emptied, set(observed.index_rebuilds) - emptied)
    return found


def _locks(step: Step, catalog: Catalog, observed: Observed) -> list[Difference]:
    strongest: dict[str, Lock] = {}
    for lock in (*step.held, *step.each(Lock)):
        made_here = step.before.relation(lock.relation) and not catalog.relation(lock.relation)
        if made_here or catalog.index(lock.relation) is not None:
            continue
        known = strongest.get(lock.relation)
        if known is None or lock.mode.rank > known.mode.rank:
            strongest[lock.relation] = lock
    predicted = {_bare(name): lock.mode.name for name, lock in strongest.items()}
    return [
        Difference(f"lock on {name}", predicted.get(name, "none"), observed.locks.get(name, "none"))
        for name in sorted(predicted.keys() | observed.locks.keys())
        if predicted.get(name) != observed.locks.get(name)
    ]


def _existing(catalog: Catalog, names: Iterable[str]) -> set[str]:
    """The bare names of those relations that were there before the transaction."""
    return {_bare(name) for name in names if catalog.relation(name) is not None}


def _leaves(catalog: Catalog, names: set[str]) -> set[str]:
    """Without partitioned tables, which have no file to change."""
    return {name for name in names if not _partitioned(catalog, name)}


def _partitioned(catalog: Catalog, name: str) -> bool:
    relation = catalog.relation(f"public.{name}")
    return relation is not None and relation.partition_key is not None


def _referenced(step: Step) -> set[str]:
    """The referenced sides of the foreign keys that the statement checks."""
    checked: list[Constraint | None] = []
    for effect in step.effects:
        if isinstance(effect, AddConstraint):
            checked.append(effect.constraint)
        elif isinstance(effect, (ValidateConstraint, AlterConstraint)):
            checked.append(effect.definition)
        elif isinstance(effect, (AddColumn, AttachPartition, CreateTable)):
            relation = step.before.relation(effect.relation)
            checked += relation.constraints if relation is not None else ()
        elif isinstance(effect, ChangeColumnType):
            for owner in step.before.relations.values():
                checked += [
                    constraint
                    for constraint in owner.constraints
                    if (owner.name == effect.relation and effect.column in constraint.columns)
                    or (
                        constraint.references == effect.relation
                        and effect.column in constraint.referenced_columns
                    )
                ]
    return {_bare(c.references) for c in checked if c is not None and c.references is not None}


def _sets(field: str, predicted: set[str], observed: set[str]) -> list[Difference]:
    if predicted == observed:
        return []
    return [Difference(field, _listed(predicted), _listed(observed))]


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _bare(name: str) -> str:
    return name.removeprefix("public.")
