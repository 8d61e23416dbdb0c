"""The facts about one statement, as a server showed them or as the engine predicts them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from migration_lint.effects import (
    AddColumn,
    AddConstraint,
    AlterConstraint,
    AttachPartition,
    Change,
    ChangeColumnType,
    CreateTable,
    EndTransaction,
    IndexBuild,
    Lock,
    RefreshMaterializedView,
    Rewrite,
    RunCode,
    Scan,
    Truncate,
    Unknown,
    ValidateConstraint,
)
from migration_lint.model import Step, TransactionRule
from migration_lint.schema import Constraint

_Names = frozenset[str]


class Observation(Struct, frozen=True):
    """What a server did with one statement. Names are schema-qualified, as the catalog keeps them.

    Everything is about `relations`: the tables, views, sequences and materialized views that were
    there before the migration (or transaction) began. Of those in `sparse` there are too few rows
    to tell whether all were read or written anew.
    """

    relations: _Names
    error: str | None = None
    """Why the server refused the statement; the rest then says nothing."""
    in_transaction_ok: bool = True
    locks: dict[str, str] = {}
    """The strongest mode held at the end of the statement, earlier ones of its transaction included."""
    rewrites: _Names = frozenset()
    truncates: _Names = frozenset()
    index_rebuilds: _Names = frozenset()
    """Indexes that were there before and have a new file."""
    scans: _Names = frozenset()
    emptied_indexes: _Names = frozenset()
    """Indexes of `truncates`: their new files are empty, so nothing was built."""
    sparse: _Names = frozenset()
    empty: _Names = frozenset()
    """Of these there are no rows at all, so nothing is ever read."""


class Difference(Struct, frozen=True):
    """One field in which prediction and observation differ."""

    field: str
    predicted: str
    observed: str

    def __str__(self) -> str:
        return f"{self.field}: predicted {self.predicted}, observed {self.observed}"


def differences(step: Step, observed: Observation) -> list[Difference]:
    """Where the prediction is not what the server did. Empty: they agree."""
    if observed.error is not None:
        # What a migration's rows make the server refuse cannot be predicted, so only this is asked:
        return [] if step.refused is not None else [Difference("refused", "accepted", observed.error)]
    if any(step.each(RunCode)):
        # SQL that only the server sees, and the engine says so.
        return []
    found = [Difference("unknown", effect.reason, "understood") for effect in step.each(Unknown)]
    if step.refused is not None:
        found.append(Difference("refused", step.refused, "accepted"))
    rule = TransactionRule.ALLOWED if observed.in_transaction_ok else TransactionRule.FORBIDDEN
    if step.transaction is not rule:
        found.append(Difference("transaction", step.transaction.value, rule.value))
    return found + _locks(step, observed) + _work(step, observed)


def _locks(step: Step, observed: Observation) -> list[Difference]:
    strongest: dict[str, Lock] = {}
    # What was dropped meanwhile has no name to be seen by, and COMMIT lets go of all.
    ended = any(step.each(EndTransaction))
    held = [lock for lock in step.held if lock.relation in observed.relations and not ended]
    for lock in (*held, *step.each(Lock)):
        known = strongest.get(lock.relation)
        if known is None or lock.mode.rank > known.mode.rank:
            strongest[lock.relation] = lock
    predicted = {
        name: lock.mode.name
        for name, lock in strongest.items()
        if name in observed.relations or not _made_meanwhile(step, name)
    }
    return [
        Difference(f"lock on {name}", predicted.get(name, "none"), observed.locks.get(name, "none"))
        for name in sorted(predicted.keys() | observed.locks.keys())
        if predicted.get(name) != observed.locks.get(name)
    ]


def _made_meanwhile(step: Step, name: str) -> bool:
    return step.before.relation(name) is not None or step.before.index(name) is not None


def _work(step: Step, observed: Observation) -> list[Difference]:
    there = observed.relations
    rewritten = {effect.relation for effect in step.each(Rewrite)} & there
    scanned = {effect.relation for effect in step.each(Scan)} & there
    emptied = {view.relation for view in step.each(RefreshMaterializedView) if not view.with_data}
    truncated = ({effect.relation for effect in step.each(Truncate)} | emptied) & there
    divided = {name for name in truncated if _partitioned(step, name)}  # no file of its own
    rebuilt = {
        effect.index
        for effect in step.each(IndexBuild)
        if effect.relation in there and step.before.index(effect.index) is not None
    }
    # A rewrite reads its table too; the referenced side of a foreign key's check is read as the
    # planner pleases: all of it, an index, or rows one by one.
    read_anyway = rewritten | observed.rewrites | _referenced(step) | observed.sparse | observed.empty
    return [
        *_sets("rewrites", rewritten - observed.sparse, observed.rewrites - observed.sparse),
        *_sets("truncates", truncated - divided - observed.sparse, observed.truncates - observed.sparse),
        *_sets("scans", scanned - read_anyway, observed.scans - read_anyway),
        *_sets(
            "index rebuilds",
            _of(step, rebuilt, there - observed.sparse) - observed.emptied_indexes,
            _of(step, observed.index_rebuilds, there - observed.sparse) - observed.emptied_indexes,
        ),
    ]


def _of(step: Step, indexes: Iterable[str], relations: Iterable[str]) -> set[str]:
    """Those of the indexes that belong to the relations, as far as the catalog knows."""
    chosen = set(relations)
    known = {name: step.before.index(name) for name in indexes}
    return {name for name, index in known.items() if index is None or index.relation in chosen}


def _partitioned(step: Step, name: str) -> bool:
    relation = step.before.relation(name)
    return relation is not None and relation.partition_key is not None


def _referenced(step: Step) -> set[str]:
    """The referenced sides of the foreign keys that the statement checks, partitions included."""
    named = {
        constraint.references
        for change in step.each(Change)
        for constraint in _checked(step, change)
        if constraint.references is not None
    }
    return named | {child.name for name in named for child in step.before.descendants(name)}


def _checked(step: Step, change: Change) -> Iterable[Constraint]:
    if isinstance(change, AddConstraint):
        return (change.constraint,)
    if isinstance(change, (ValidateConstraint, AlterConstraint)):
        return (change.definition,) if change.definition is not None else ()
    if isinstance(change, (AddColumn, AttachPartition, CreateTable)):
        relation = step.before.relation(change.relation)
        return relation.constraints if relation is not None else ()
    if isinstance(change, ChangeColumnType):
        return [
            constraint
            for owner in step.before.relations.values()
            for constraint in owner.constraints
            if (owner.name == change.relation and change.column in constraint.columns)
            or (constraint.references == change.relation and change.column in constraint.referenced_columns)
        ]
    return ()


def _sets(field: str, predicted: Iterable[str], observed: Iterable[str]) -> list[Difference]:
    if set(predicted) == set(observed):
        return []
    return [Difference(field, _listed(predicted), _listed(observed))]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
