"""What was seen, as a `Step`; and the stalls in it that nobody foretold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from migration_lint.effects import Change, Impact, IndexBuild, Lock, Rewrite, Scan
from migration_lint.engines.postgres.locks import Mode
from migration_lint.findings import Finding
from migration_lint.linting.rule import Backstop
from migration_lint.model import Stall, Step, TransactionRule
from migration_lint.rehearsal.comparison import Agreement, Fact
from migration_lint.rehearsal.observation import Observation


def observed_step(
    step: Step, observed: Observation, facts: Sequence[Fact], earlier: Observation | None
) -> Step:
    """The step with the impacts that were observed. `earlier` is what came before in its transaction.

    What cannot be told (there are too few rows, it reads as it pleases) is no impact.
    """
    before = earlier.locks if earlier is not None else {}
    taken = {name: mode for name, mode in observed.locks.items() if before.get(name) != mode}
    untold = {(fact.kind, fact.relation) for fact in facts if fact.agreement is Agreement.NOT_COMPARABLE}
    seen: list[Impact] = [Lock(relation=name, mode=Mode[mode]) for name, mode in sorted(taken.items())]
    seen += [Rewrite(relation=name) for name in sorted(observed.rewrites) if ("rewrite", name) not in untold]
    seen += [
        Scan(relation=name)
        for name in sorted(observed.scans - observed.sparse)
        if ("scan", name) not in untold
    ]
    for name in sorted(observed.index_rebuilds):
        index = step.before.index(name)
        if index is not None and ("index rebuild", name) not in untold:
            seen.append(IndexBuild(relation=index.relation, index=name))
    seen += [
        IndexBuild(relation=relation, index=name)
        for name, relation in sorted((observed.index_builds or {}).items())
    ]
    return replace(
        step,
        effects=(*step.each(Change), *seen),
        held=tuple(Lock(relation=name, mode=Mode[mode]) for name, mode in sorted(before.items())),
        transaction=TransactionRule.ALLOWED if observed.in_transaction_ok else TransactionRule.FORBIDDEN,
        refused=observed.error,
    )


def surprises(predicted: Step, observed: Step, backstops: Sequence[Backstop]) -> Iterator[Finding]:
    """A finding for the stalls that were observed and that no prediction had."""
    stalls = unforeseen(predicted, observed)
    for backstop in backstops if stalls else ():
        for finding in backstop.check_unexplained(observed, stalls):
            yield replace(
                finding,
                why=f"the rehearsal saw what was not predicted: {finding.why}",
                instead="run it while nobody needs the table; and please report the statement: the "
                "prediction is wrong",
            )


def unforeseen(predicted: Step, observed: Step) -> list[Stall]:
    """The stalls that were observed, and not predicted of the relation in the same strength."""
    if observed.refused is not None:
        return []
    known = {(stall.lock.relation, stall.lock.mode.blocks_reads) for stall in predicted.stalls()}
    return [
        stall
        for stall in observed.stalls()
        if (stall.lock.relation, stall.lock.mode.blocks_reads) not in known
        and (stall.lock.relation, True) not in known
    ]
