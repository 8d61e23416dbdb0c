from collections.abc import Iterator, Sequence

from migration_lint.effects import Change, Lock, LockTable, SetSetting
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.fixing import preceded
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import abridged, several, victims
from migration_lint.linting.work import part_of, whole
from migration_lint.model import Step
from migration_lint.names import sql_name


class MissingLockTimeout(Rule):
    """A statement waits for its lock without limit, and everyone else queues behind it.

    A lock that blocks reads or writes has to wait until every transaction that uses the table is
    over: a report, a dump, a forgotten session. While it waits, every later query on the table
    waits behind it, so a statement of a millisecond can stop production for as long as the longest
    transaction lasts. With a short lock_timeout the statement fails instead, the queue is gone,
    and the migration is run again.

    Only a timeout that is in force counts: SET LOCAL is over at COMMIT and does nothing outside a
    transaction, 0 and RESET switch it off, and one that is set after the statement comes too late.
    A lock_timeout longer than `longest` (milliseconds) is told too, because the queue lasts as long.
    A statement_timeout within `longest` is as good: it counts the time spent waiting.

    The finding comes once per migration, at the first such statement for which no other finding has a
    safe way that sets a timeout, or needs none. In a down script it is a note. Where the role or the
    tool sets lock_timeout for every migration, switch the rule off in the configuration.

    Given:

        create table orders (id bigint primary key, total bigint);
        create table users (id bigint primary key);

    Bad:

        alter table orders add column note text;

    Bad - it is over before it is needed:

        begin;
        set local lock_timeout = '2s';
        alter table users add column note text;
        commit;
        alter table orders add column note text;

    Bad - no transaction for SET LOCAL to be local to:

        set local lock_timeout = '2s';
        alter table orders add column note text;

    Bad - no limit:

        set lock_timeout = 0;
        alter table orders add column note text;

    Bad - too long:

        set lock_timeout = '10min';
        alter table orders add column note text;

    Good:

        set lock_timeout = '2s';
        alter table orders add column note text;

    Good [transaction=one] - the tool opens the transaction:

        set local lock_timeout = '2s';
        alter table orders add column note text;

    Good:

        select set_config('lock_timeout', '2s', false);
        alter table orders add column note text;

    Good:

        set statement_timeout = '5s';
        alter table orders add column note text;

    Good - it blocks neither reads nor writes:

        create index concurrently orders_total_idx on orders (total);

    Good - it does not wait:

        begin;
        lock table orders in access exclusive mode nowait;
        alter table orders add column note text;
        commit;

    Good - the table is new:

        create table refunds (id bigint primary key);
        alter table refunds add column note text;
    """

    severity = Severity.WARNING
    down_severity = Severity.NOTE
    aliases = (
        "squawk:require-timeout-settings",
        "squawk:require-lock-timeout",
        "eugene:E9",
        "pgfence:missing-lock-timeout",
        "pgfence:lock-timeout-zero",
        "pgfence:lock-timeout-too-long",
        "pgfence:lock-timeout-after-dangerous-statement",
        "migrationpilot:MP004",
        "pgsafe:require-timeout",
        "pgls:lockTimeoutWarning",
        "safemigrate-lint:timeout-settings-required",
    )
    once = True
    answered_by = ("lock_timeout", "CONCURRENTLY")
    options = {"longest": 10_000}

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        longest = int(self.settings["longest"])
        for number, step in enumerate(steps):
            limits = [ms for ms in (step.session.lock_timeout, step.session.statement_timeout) if ms]
            limit = min(limits, default=None)
            if limit is not None and limit <= longest:
                continue
            locks = _awaited(step)
            if not locks:
                continue
            duration = "without limit" if limit is None else f"for up to {_seconds(limit)}"
            scope = "LOCAL " if step.session.transaction is not None else ""
            timeout = f"SET {scope}lock_timeout = '{_seconds(min(2000, longest))}';"
            spoilt = any(_is_concurrent(later) for later in steps[number:])  # a timeout leaves it half done
            yield self.finding(
                step,
                relation=locks[0].relation,
                confidence=self.confidence if locks[0].certain else Confidence.LIKELY,
                why=f"{_queue(locks)} behind this statement while it waits {duration} for its own turn",
                instead=f"{_order(steps[:number])}, and run the migration again when it fails\n\n"
                f"{timeout}\n{step.sql};",
                fix=None if spoilt else preceded(step, timeout, "set a lock timeout before it"),
            )


def _order(before: Sequence[Step]) -> str:
    for step in before:
        for change in step.each(SetSetting):
            if change.relation == "lock_timeout" and not change.effective:
                return (
                    "set lock_timeout for the session, as SET LOCAL does nothing where no transaction is open"
                )
    return "set a short lock_timeout before it"


def _awaited(step: Step) -> list[Lock]:
    """The locks that hold others up and that the transaction does not have yet, strongest first."""
    if any(change.nowait for change in step.each(LockTable)):
        return []
    if _is_concurrent(step):
        return []  # a timeout would leave it half done (concurrently-under-short-timeout)
    held = {lock.relation: lock.mode.rank for lock in step.held}
    found: dict[str, Lock] = {}
    for lock in sorted(step.each(Lock), key=lambda lock: -lock.mode.rank):
        taken_back = step.takes_back(part_of(step, lock.relation) or lock.relation)
        if step.holds_up(lock) and not taken_back and held.get(lock.relation, 0) < lock.mode.rank:
            found.setdefault(lock.relation, lock)
    return whole(step, found.values())


def _is_concurrent(step: Step) -> bool:
    return any(getattr(change, "concurrently", False) for change in step.each(Change))


def _queue(locks: Sequence[Lock]) -> str:
    """``reads and writes of a and b (AccessExclusiveLock), and writes of c (ShareLock), wait``."""
    modes = dict.fromkeys(lock.mode for lock in locks)
    groups = [[sql_name(lock.relation) for lock in locks if lock.mode is mode] for mode in modes]
    parts = [
        f"{victims(mode)} of {several(abridged(names))} wait ({mode.name})"
        for mode, names in zip(modes, groups, strict=True)
    ]
    return several(parts)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"
