"""The way back, tried: up, down, up again; and what is left where up fails half way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import psycopg
from msgspec import Struct

from migration_lint.evidence import Result
from migration_lint.linting.walk import Run
from migration_lint.rehearsal import rows
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.fingerprint import ORDER, Difference, Fingerprint, differing, fingerprint
from migration_lint.rehearsal.limits import Limits
from migration_lint.rehearsal.replay import Refusal, play
from migration_lint.rehearsal.statements import (
    COMMENTS,
    Statement,
    execute,
    in_one_transaction,
    statements_of,
)

MOST = 30
"""Statements of one script at which a failure is injected."""

_FAILURE = Statement("SELECT 1/0 AS failure_of_the_rehearsal")
_CONCURRENT_BUILD = re.compile(
    COMMENTS + r"(?:CREATE\s+(?:UNIQUE\s+)?INDEX|REINDEX\b.*)\s+CONCURRENTLY\b", re.IGNORECASE | re.DOTALL
)


class Rollback(Struct, frozen=True):
    """Up, down, up again. `refused` is why down, `again` why the second up did not run to its end.

    `left` are the objects that down did not bring back to what they were, `lost` the rows; `apart`
    the objects that the second up made otherwise than the first.
    """

    refused: Refusal | None = None
    left: tuple[Difference, ...] = ()
    lost: tuple[str, ...] = ()
    again: Refusal | None = None
    apart: tuple[Difference, ...] = ()

    def tested(self) -> Result:
        """Whether all three ran."""
        if self.refused is not None:
            return Result("failed", f"the down script fails: {self.refused.told()}")
        if self.again is not None:
            return Result("failed", f"up does not run again after down: {self.again.told()}")
        return Result("passed")

    def equal(self) -> Result:
        """Whether nothing was left, lost or made otherwise."""
        if self.refused is not None or self.again is not None:
            return Result("unknown", "it did not run to its end")
        serious = [each for each in (*self.left, *self.apart) if each.kind != ORDER]
        if not serious and not self.lost:
            only_order = bool(self.left or self.apart)
            return Result("passed", "only the order of columns differs" if only_order else "")
        told = [f"{each.kind} {each.identity}" for each in serious] + list(self.lost)
        return Result("failed", f"not as before after down: {'; '.join(told)}")


class Injection(Struct, frozen=True):
    """The up script failed at a statement (its number, from 0) by our doing.

    `midway`: it was ended in its midst. `left` are the objects that are not as before then;
    `recovered`: the down script puts that right (None: there is nothing to put right, or no down
    script); `why` is what came of it.
    """

    number: int
    midway: bool
    left: tuple[Difference, ...]
    recovered: bool | None = None
    why: str = ""


def go_back(
    database: Database,
    kept: Database,
    before: Fingerprint,
    up: Run,
    down: Run,
    undo: Callable[[Run], Refusal | None],
    limits: Limits,
) -> Rollback:
    """Down, then up again, in a database in which up has run. `kept` is as it was before that.

    `undo` runs the down script.
    """
    after = fingerprint(database)
    refused = undo(down)
    if refused is not None:
        return Rollback(refused)
    left, lost = differing(before, fingerprint(database)), rows.lost(kept, database)
    again = play(database, statements_of(up), up.script.transaction, limits)
    apart = differing(after, fingerprint(database)) if again is None else []
    return Rollback(None, tuple(left), tuple(lost), again, tuple(apart))


def inject(
    kept: Database, before: Fingerprint, up: Run, down: Run | None, limits: Limits, clean: Callable[[], None]
) -> Iterator[Injection]:
    """Fail at each statement of up, each time in a copy of `kept`; `clean` puts the server's roles right."""
    statements = statements_of(up)
    for number, statement in list(enumerate(statements))[:MOST]:
        for midway in (False, True):
            if not (_CONCURRENT_BUILD.match(statement.sql) if midway else number):
                continue
            copy = kept.copy()
            try:
                _fail(copy, statements[:number], statement if midway else None, up, limits)
                yield left_behind(copy, before, number, midway, down, limits)
            finally:
                copy.drop()
                clean()


def _fail(
    database: Database, done: Sequence[Statement], cut: Statement | None, up: Run, limits: Limits
) -> None:
    whole = in_one_transaction(statements_of(up), up.script.transaction)
    if cut is None:
        play(database, [*done, _FAILURE], up.script.transaction, limits, wrapped=whole)
    else:
        play(database, done, up.script.transaction, limits, wrapped=whole)
        _cut_off(database, cut)


def _cut_off(database: Database, statement: Statement) -> None:
    """Let it begin, and give up while it waits for a transaction that another session has open."""
    holder, session = database.watch(), database.connect()
    try:
        holder.execute(b"BEGIN")
        for (table,) in holder.execute(_TABLES).fetchall():
            holder.execute(f"LOCK TABLE ONLY {table} IN ROW EXCLUSIVE MODE".encode())
        session.execute(b"SET lock_timeout = '300ms'")
        execute(session, statement)
    except psycopg.Error:
        return  # as it should
    finally:
        holder.close()
        session.close()


_TABLES = b"""
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


def left_behind(
    database: Database, before: Fingerprint, number: int, midway: bool, down: Run | None, limits: Limits
) -> Injection:
    """What a failure at a statement left, and whether the down script puts it right."""
    left = tuple(differing(before, fingerprint(database)))
    if not left or down is None:
        return Injection(number, midway, left)
    refusal = play(database, statements_of(down), down.script.transaction, limits)
    if refusal is not None:
        return Injection(number, midway, left, False, f"the down script fails: {refusal.told()}")
    still = [each for each in differing(before, fingerprint(database)) if each.kind != ORDER]
    told = ", ".join(f"{each.kind} {each.identity}" for each in still)
    return Injection(number, midway, left, not still, f"still not as before: {told}" if still else "")
