"""Prediction beside observation, fact by fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

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
from migration_lint.rehearsal.observation import Observation
from migration_lint.schema import Constraint, RelationKind


class Agreement(Enum):
    """What came of a fact that was predicted or observed."""

    CONFIRMED = "confirmed"
    PREDICTED_ONLY = "predicted only"
    OBSERVED_ONLY = "observed only"
    NOT_COMPARABLE = "not comparable"


class Fact(Struct, frozen=True):
    """One fact about a statement. `kind` is ``lock``, ``rewrite``, ``scan``, …; `value` a lock's mode."""

    kind: str
    relation: str
    value: str
    agreement: Agreement
    why: str = ""
    """Why it is not comparable."""

    def __str__(self) -> str:
        on = f" on {self.relation}" if self.relation and self.value else self.relation
        return f"{self.agreement.value}: {self.kind} {self.value}{on}"


def differences(step: Step, observed: Observation) -> list[Fact]:
    """Where the prediction is not what the server did. Empty: they agree."""
    apart = (Agreement.PREDICTED_ONLY, Agreement.OBSERVED_ONLY)
    return [fact for fact in compare(step, observed) if fact.agreement in apart]


def compare(step: Step, observed: Observation) -> list[Fact]:
    """Every fact that was predicted or observed of a statement, and whether the two agree."""
    if observed.error is not None:
        # What a migration's rows make the server refuse cannot be predicted, so only this is asked:
        predicted = step.refused is not None
        return [Fact("refused", "", observed.error, _agreement(predicted, True))]
    if any(step.each(RunCode)):
        why = "it runs code that only the server sees"
        return [Fact("code", "", "", Agreement.NOT_COMPARABLE, why)]
    found = [
        Fact("not understood", "", effect.reason, Agreement.PREDICTED_ONLY) for effect in step.each(Unknown)
    ]
    if step.refused is not None:
        found.append(Fact("refused", "", step.refused, Agreement.PREDICTED_ONLY))
    rule = TransactionRule.ALLOWED if observed.in_transaction_ok else TransactionRule.FORBIDDEN
    if step.transaction is not rule:
        found.append(Fact("transaction", "", step.transaction.value, Agreement.PREDICTED_ONLY))
        found.append(Fact("transaction", "", rule.value, Agreement.OBSERVED_ONLY))
    elif rule is TransactionRule.FORBIDDEN:
        found.append(Fact("transaction", "", rule.value, Agreement.CONFIRMED))
    return [*found, *_locks(step, observed), *_work(step, observed)]


def _agreement(predicted: bool, observed: bool) -> Agreement:
    if predicted and observed:
        return Agreement.CONFIRMED
    return Agreement.PREDICTED_ONLY if predicted else Agreement.OBSERVED_ONLY


def _locks(step: Step, observed: Observation) -> Iterator[Fact]:
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
    for name in sorted(predicted.keys() | observed.locks.keys()):
        foretold, seen = predicted.get(name), observed.locks.get(name)
        if foretold is not None and seen is None and _unwatched(step, observed, name):
            why = "LOCK takes no materialized view, so the statement could not be held up to see it"
            yield Fact("lock", name, foretold, Agreement.NOT_COMPARABLE, why)
            continue
        if foretold is not None:
            yield Fact("lock", name, foretold, _agreement(True, foretold == seen))
        if seen is not None and seen != foretold:
            yield Fact("lock", name, seen, Agreement.OBSERVED_ONLY)


def _unwatched(step: Step, observed: Observation, name: str) -> bool:
    """Whether the relation's locks were seen by chance at most: only a held-up statement shows them."""
    known = step.before.relation(name)
    view = known is not None and known.kind is RelationKind.MATERIALIZED_VIEW
    return view and not observed.in_transaction_ok


def _made_meanwhile(step: Step, name: str) -> bool:
    return step.before.relation(name) is not None or step.before.index(name) is not None


def _work(step: Step, observed: Observation) -> Iterator[Fact]:
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
    built = {
        effect.index: effect.relation
        for effect in step.each(IndexBuild)
        if effect.relation in there and step.before.index(effect.index) is None
    }
    few = dict.fromkeys(observed.sparse, "it has too few rows")
    # A rewrite reads its table too; the referenced side of a foreign key's check is read as the
    # planner pleases: all of it, an index, or rows one by one.
    read_anyway = {
        **dict.fromkeys(_referenced(step), "the server reads it as it pleases"),
        **dict.fromkeys(rewritten | observed.rewrites, "a rewrite reads it too"),
        **dict.fromkeys(observed.empty, "it has no rows"),
        **few,
    }
    yield from _sets("rewrite", rewritten, observed.rewrites, few)
    yield from _sets("truncate", truncated - divided, observed.truncates, few)
    yield from _sets("scan", scanned, observed.scans, read_anyway)
    indexes = dict.fromkeys(observed.emptied_indexes, "its table is empty now")
    of_few = rebuilt | observed.index_rebuilds
    of_few -= _of(step, of_few, there - observed.sparse)
    indexes |= dict.fromkeys(of_few, "its table has too few rows")
    if observed.index_builds is not None:
        of_few_rows = {
            index: "its table has too few rows"
            for index, relation in (*built.items(), *observed.index_builds.items())
            if relation in observed.sparse | observed.empty
        }
        yield from _sets("index build", set(built), observed.index_builds, of_few_rows)
    yield from _sets("index rebuild", rebuilt, observed.index_rebuilds, indexes)


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


def _sets(kind: str, predicted: set[str], observed: Iterable[str], unsure: dict[str, str]) -> Iterator[Fact]:
    seen = set(observed)
    for name in sorted(predicted | seen):
        if name in unsure:
            yield Fact(kind, name, "", Agreement.NOT_COMPARABLE, unsure[name])
        else:
            yield Fact(kind, name, "", _agreement(name in predicted, name in seen))
