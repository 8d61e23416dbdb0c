"""Which locks are held while each statement of a script runs, relation by relation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec import Struct

from migration_lint.effects import IndexBuild, Lock, Rewrite, Scan, Unknown
from migration_lint.linting.decide import counted
from migration_lint.model import Direction, Span, Step, TransactionRule

_RELATIONS = 8
"""More relations than that are counted, not shown; those whose locks block most stay."""


class Held(Struct, frozen=True):
    """A lock while a statement runs. `earlier`: a statement before took it. `long`: work goes on under it."""

    mode: str
    blocks_reads: bool
    blocks_writes: bool
    earlier: bool
    long: bool
    certain: bool

    @property
    def waits(self) -> str:
        """Who waits, in words."""
        if self.blocks_reads:
            return "reads and writes wait"
        return "writes wait" if self.blocks_writes else "reads and writes go on"


class Row(Struct, frozen=True):
    """A statement. `locks` are by relation; `work` is what takes long, `remarks` what else is to be known."""

    span: Span
    sql: str
    locks: dict[str, Held]
    work: tuple[str, ...]
    remarks: tuple[str, ...]


class Block(Struct, frozen=True):
    """Statements of one transaction, which keeps its locks to its end; or one statement on its own."""

    transaction: bool
    rows: tuple[Row, ...]


class Timeline(Struct, frozen=True):
    """A script. `relations` are those shown, `more` the number of those that are not."""

    migration: str
    path: str
    direction: Direction
    relations: tuple[str, ...]
    more: int
    blocks: tuple[Block, ...]


def timelines(steps: Iterable[Step]) -> list[Timeline]:
    """A timeline for each script, in the order of the steps."""
    scripts = groupby(steps, key=lambda step: (step.migration, step.script.document.path, step.direction))
    return [_timeline(*script, list(of_it)) for script, of_it in scripts]


def _timeline(migration: str, path: str, direction: Direction, steps: Sequence[Step]) -> Timeline:
    blocks: list[Block] = []
    rows = [_row(step) for step in steps]
    numbered = enumerate(step.session.transaction for step in steps)
    # A statement outside a transaction is a block of its own.
    for key, group in groupby(numbered, key=lambda pair: (pair[1], pair[0] if pair[1] is None else 0)):
        blocks.append(Block(key[0] is not None, tuple(rows[number] for number, _ in group)))
    shown = _chosen(rows)
    every = {relation for row in rows for relation in row.locks}
    return Timeline(migration, path, direction, shown, len(every) - len(shown), tuple(blocks))


def _chosen(rows: Sequence[Row]) -> tuple[str, ...]:
    weights: dict[str, int] = {}
    for row in rows:
        for relation, held in row.locks.items():
            weight = 4 * held.blocks_reads + 2 * held.blocks_writes + held.long
            weights[relation] = max(weight, weights.get(relation, 0))
    kept = set(sorted(weights, key=lambda relation: -weights[relation])[:_RELATIONS])
    return tuple(relation for relation in weights if relation in kept)


def _row(step: Step) -> Row:
    locks: dict[str, tuple[Lock, bool]] = {lock.relation: (lock, True) for lock in step.held}
    for lock in step.each(Lock):
        known = locks.get(lock.relation)
        if not step.is_new(lock.relation) and (known is None or lock.mode.rank > known[0].mode.rank):
            locks[lock.relation] = (lock, False)
    held = {relation: _held(step, lock, earlier) for relation, (lock, earlier) in locks.items()}
    return Row(step.span, step.sql, held, tuple(_work(step)), tuple(_remarks(step)))


def _held(step: Step, lock: Lock, earlier: bool) -> Held:
    felt = step.holds_up(lock)
    return Held(
        lock.mode.name,
        felt and lock.mode.blocks_reads,
        felt and lock.mode.blocks_writes,
        earlier,
        felt and bool(step.work),
        lock.certain,
    )


def _work(step: Step) -> list[str]:
    said = []
    for impact in step.work:
        if isinstance(impact, Scan):
            said.append(f"every row of {impact.relation} is read")
        elif isinstance(impact, Rewrite):
            said.append(f"{impact.relation} is written anew")
    built = [impact for impact in step.work if isinstance(impact, IndexBuild)]
    if len(built) == 1:
        said.append(f"index {built[0].index} is built")
    elif built:
        said.append(f"{counted(len(built), 'index').replace('indexs', 'indexes')} are built")
    return list(dict.fromkeys(said))


def _remarks(step: Step) -> list[str]:
    said = [f"not understood: {unknown.reason}" for unknown in step.each(Unknown)]
    if step.refused is not None:
        said.append(f"the server refuses it: {step.refused}")
    if step.transaction is TransactionRule.FORBIDDEN:
        said.append("cannot run in a transaction")
    elif step.transaction is TransactionRule.IMPLICIT_COMMIT:
        said.append("commits what came before it")
    return said
