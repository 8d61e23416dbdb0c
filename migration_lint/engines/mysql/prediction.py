"""What a statement's handler answers, and the words to say it in."""

from __future__ import annotations

from msgspec import Struct

from migration_lint.effects import Effect, Impact, IndexBuild, Lock, Rewrite, Scan
from migration_lint.engines.mysql.locks import WHILE_WORKING, Mode
from migration_lint.engines.mysql.online.need import Need, Plan, Work
from migration_lint.model import TransactionRule

EXCLUSIVE = Mode.EXCLUSIVE.name


class Prediction(Struct, frozen=True):
    """The effects of one statement; `clauses` are the places that `Effect.clause` counts."""

    effects: tuple[Effect, ...] = ()
    transaction: TransactionRule = TransactionRule.ALLOWED
    refused: str | None = None
    clauses: tuple[tuple[int, int], ...] | None = None


def plan_lock(relation: str, plan: Plan, best: Plan | None = None) -> Lock:
    """The lock of an ALTER: weak while it works, exclusive for a moment at its ends.

    `best` is what the server would have done of itself.
    """
    heavier = best is not None and (plan.algorithm, plan.lock) != (best.algorithm, best.lock)
    mode = WHILE_WORKING[plan.lock or "EXCLUSIVE"]
    return Lock(
        relation=relation,
        mode=mode,
        algorithm=plan.algorithm,
        lock=plan.lock,
        metadata_lock=EXCLUSIVE,
        certain=plan.certain,
        default_algorithm=best.algorithm if best is not None and heavier else None,
        default_lock=best.lock if best is not None and heavier else None,
    )


def short_lock(relation: str) -> Lock:
    """An exclusive metadata lock, for a statement that takes no time."""
    return Lock(relation=relation, mode=Mode.EXCLUSIVE, metadata_lock=EXCLUSIVE)


def held_lock(relation: str, mode: Mode) -> Lock:
    """The lock of a statement about rows, or an explicit one."""
    return Lock(relation=relation, mode=mode, metadata_lock=mode.name)


def related_lock(relation: str, metadata_lock: str) -> Lock:
    """What a statement waits for on another table, to which a foreign key ties this one."""
    return Lock(relation=relation, mode=Mode.SHARED_UPGRADABLE, metadata_lock=metadata_lock)


def work_of(relation: str, plan: Plan, needs: list[Need]) -> list[Impact]:
    """The rewrite or index builds of a plan."""
    if plan.work in (Work.REBUILD, Work.COPY):
        return [
            Rewrite(relation=relation, certain=plan.certain, reason=plan.why),
            Scan(relation=relation, certain=plan.certain),
        ]
    if plan.work is not Work.INDEX:
        return []
    names = [name for need in needs if need.work is Work.INDEX for name in need.indexes or ("",)]
    builds: list[Impact] = [
        IndexBuild(relation=relation, index=f"{relation}.{name}", certain=plan.certain)
        for name in dict.fromkeys(names or [""])
    ]
    return [*builds, Scan(relation=relation, certain=plan.certain)]
