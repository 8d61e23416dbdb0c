"""The nouns of the pipeline: from the files that people see to what a statement does.

files → `Migration` → engine → `Step` (→ rules → `Finding`, in `findings.py`)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from typing import TypeVar

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.clauses import clause_bounds
from migration_lint.effects import (
    Effect,
    Impact,
    IndexBuild,
    Lock,
    Rewrite,
    Scan,
)
from migration_lint.schema import Persistence, RelationKind

_E = TypeVar("_E", bound=Effect)


class Span(Struct, frozen=True):
    """A place in a file: character offsets (end exclusive), lines and columns from 1.

    `end_column` is the column after the last character.
    """

    path: str
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


class Document(Struct, frozen=True, dict=True):
    """A file as people see it: `path` as given or relative to the working folder, `text` decoded."""

    path: str
    text: str

    @cached_property
    def _lines(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def line_of(self, offset: int) -> int:
        """The line, from 1, of a character offset."""
        return bisect_right(self._lines, offset)

    def span(self, start: int, end: int) -> Span:
        """The span of character offsets, clamped to the text."""
        size = len(self.text)
        start = max(0, min(start, size))
        end = max(start, min(end, size))
        line, end_line = self.line_of(start), self.line_of(end)
        return Span(
            self.path,
            start,
            end,
            line,
            start - self._lines[line - 1] + 1,
            end_line,
            end - self._lines[end_line - 1] + 1,
        )

    def offset_of(self, line: int) -> int:
        """The offset of a line's first character; of the last line's, where there are fewer."""
        return self._lines[max(0, min(line, len(self._lines)) - 1)]

    def line(self, number: int) -> str:
        """The text of a line, from 1, without its line break."""
        start = self._lines[number - 1]
        end = self._lines[number] if number < len(self._lines) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


class TransactionMode(Enum):
    """Who opens a transaction around a script. It is the migration tool's fact."""

    ONE = "one"
    """The tool wraps the whole script in one transaction."""
    NONE = "none"
    """The tool sends the script whole without BEGIN; the server wraps several statements in one."""
    EACH = "each"
    """Every statement is sent on its own and commits on its own, as ``psql -f`` does."""


class Script(Struct, frozen=True):
    """SQL to run, and where each piece of it stands in the document.

    `pieces` are (offset in `sql`, offset in the document, length in the document) in ascending
    order; empty where `sql` is the document's text from `offset` on. A piece that a placeholder
    replaced maps as a whole. `repeatable`: the tool runs it again, whenever its text changes or
    every time. `opaque` are ranges of `sql` that only name a program which the tool runs there: to
    the server they are comments.
    """

    document: Document
    sql: str
    transaction: TransactionMode = TransactionMode.EACH
    offset: int = 0
    pieces: tuple[tuple[int, int, int], ...] = ()
    repeatable: bool = False
    opaque: tuple[tuple[int, int], ...] = ()

    def span(self, start: int, end: int) -> Span:
        """Where ``sql[start:end]`` stands in the document."""
        if not self.pieces:
            return self.document.span(start + self.offset, end + self.offset)
        return self.document.span(self._place(start, last=False), self._place(end, last=True))

    def _place(self, at: int, *, last: bool) -> int:
        probe = at - 1 if last and at > 0 else at
        number = max(0, bisect_right(self.pieces, probe, key=lambda piece: piece[0]) - 1)
        sql_start, start, length = self.pieces[number]
        after = self.pieces[number + 1][0] if number + 1 < len(self.pieces) else len(self.sql)
        if after - sql_start != length:  # the value of a placeholder, which stands for it as a whole
            return start + length if last else start
        return start + min(at - sql_start, length)


class DownOrigin(Enum):
    """Where the down script came from."""

    WRITTEN = "written"
    DERIVED = "derived"
    NONE = "none"


class Migration(Struct, frozen=True):
    """One change of a team's history. `id` is the tool's own (``V42``, ``0007_add_email``)."""

    id: str
    tool: str
    up: Script
    down: Script | None = None
    down_origin: DownOrigin = DownOrigin.NONE

    @property
    def repeatable(self) -> bool:
        """Whether the tool runs it again, whenever its text changes or every time."""
        return self.up.repeatable

    @property
    def path(self) -> str:
        """The file of the up script."""
        return self.up.document.path


class Disorder(Enum):
    """What can be wrong with a history as a whole. "Merged" is what was there at the merge base."""

    EDITED = "edited"
    """A merged migration has another text."""
    RENAMED = "renamed"
    """A merged migration has another name: to the tool, one is gone and another is new."""
    DELETED = "deleted"
    """A merged migration is gone."""
    LATE = "late"
    """A new migration sorts before a merged one."""
    DUPLICATE = "duplicate"
    """Two migrations have the same version."""
    HEADS = "heads"
    """Two migrations follow the same one, and nothing merges them."""
    MANIFEST = "manifest"
    """The tool's own list of its files (checksums, a plan) does not agree with them."""
    CONDITIONAL = "conditional"
    """Whether it runs depends on the database's state, of which nothing is known."""


class Irregularity(Struct, frozen=True):
    """Something wrong with a history as a whole.

    `migration` is the id of the migration to blame, `path` its file (where it was, if it is gone),
    `other` the migration that it collides with. `consequence` is what the tool does about it,
    `remedy` what to do; both are the tool's facts.
    """

    disorder: Disorder
    migration: str
    path: str
    other: str = ""
    consequence: str = ""
    remedy: str = ""
    line: int = 1


class Error(Struct, frozen=True):
    """Something that could not be checked: never a finding, never suppressible."""

    path: str
    line: int
    message: str


class History(Struct, frozen=True):
    """Migrations in the order in which they run; `targets` are the ids that are new in this change.

    `complete`: the first migration starts from an empty schema, as far as the tool can tell.
    `known_by` is what gave the tool away, `configuration` the files that say how it runs.
    """

    root: str
    tool: str
    migrations: tuple[Migration, ...]
    targets: frozenset[str]
    complete: bool = True
    errors: tuple[Error, ...] = ()
    irregularities: tuple[Irregularity, ...] = ()
    known_by: str = ""
    configuration: tuple[str, ...] = ()


class Session(Struct, frozen=True):
    """What SET, BEGIN and earlier statements left for the next one.

    Timeouts are in milliseconds; 0 is "wait for ever", None is "not set by this migration".
    `transaction` numbers the open transaction, None in autocommit. `wrapped`: the tool opened it;
    `implicit`: the server did, around a script sent whole.
    """

    transaction: int | None = None
    wrapped: bool = False
    implicit: bool = False
    lock_timeout: int | None = None
    statement_timeout: int | None = None
    idle_timeout: int | None = None
    search_path: tuple[str, ...] = ("public",)
    time_zone: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    """Other settings in force, by name."""
    added_enum_values: tuple[tuple[str, str], ...] = ()
    """(type, value) added in the open transaction."""
    savepoints: tuple[str, ...] = ()
    """Those of the open transaction that can be released or gone back to."""


class TransactionRule(Enum):
    """Whether a statement may stand in a transaction block."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    IMPLICIT_COMMIT = "implicit-commit"


class Direction(Enum):
    """Which script of the migration a step belongs to."""

    UP = "up"
    DOWN = "down"


def unit(migration: str, direction: Direction) -> str:
    """The name under which `Origin` knows a script: what up made is in use by the time of down."""
    return migration if direction is Direction.UP else f"{migration} down"


class Stall(Struct, frozen=True):
    """A lock that others wait for, and the long work during which it is held.

    `held`: an earlier statement of the transaction took the lock.
    """

    lock: Lock
    work: tuple[Impact, ...]
    held: bool


class Step(Struct, frozen=True, dict=True):
    """One statement, and what it does. The only thing a rule sees.

    `sql` is ``script.sql[start:end]``. `before` and `session` are as the statement finds them;
    `held` are locks that earlier statements of the open transaction took on relations that
    others can see, strongest per relation.
    """

    migration: str
    direction: Direction
    script: Script
    start: int
    end: int
    engine: str
    version: str
    before: Catalog
    session: Session
    effects: tuple[Effect, ...]
    held: tuple[Lock, ...] = ()
    transaction: TransactionRule = TransactionRule.ALLOWED
    tool: str = "sql"
    refused: str | None = None
    """Why the server refuses the statement, where that is certain."""
    clauses: tuple[tuple[int, int], ...] | None = None
    """Where the clauses stand in `sql` that `Effect.clause` counts, where the engine's grammar knows."""

    @property
    def sql(self) -> str:
        """The statement's text, without the semicolon."""
        return self.script.sql[self.start : self.end]

    @cached_property
    def span(self) -> Span:
        """Where the statement stands in the file."""
        return self.script.span(self.start, self.end)

    def span_of(self, effect: Effect | None) -> Span:
        """Where the clause that causes the effect stands; the statement, where it has no clause."""
        bounds = self._bounds(effect)
        if bounds is None:
            return self.span
        return self.script.span(self.start + bounds[0], self.start + bounds[1])

    def _bounds(self, effect: Effect | None) -> tuple[int, int] | None:
        if effect is None or effect.clause is None:
            return None
        if self.clauses is None:
            return clause_bounds(self.sql, effect.clause)
        return self.clauses[effect.clause] if effect.clause < len(self.clauses) else None

    def each(self, kind: type[_E]) -> Iterator[_E]:
        """The effects of a kind, in order."""
        for effect in self.effects:
            if isinstance(effect, kind):
                yield effect

    def lock_on(self, relation: str) -> Lock | None:
        """The strongest lock that this statement takes on the relation."""
        locks = [lock for lock in self.each(Lock) if lock.relation == relation]
        return max(locks, key=lambda lock: lock.mode.rank, default=None)

    def is_new(self, relation: str) -> bool:
        """Whether this migration made the relation (or it is temporary), so that nobody else uses it."""
        known = self.before.relation(relation)
        if known is None:
            index = self.before.index(relation)
            return index is not None and self.is_new(index.relation)
        if known.persistence is Persistence.TEMPORARY:
            return True
        return known.origin is not None and known.origin.migration == unit(self.migration, self.direction)

    def holds_up(self, lock: Lock) -> bool:
        """Whether somebody waits for the lock.

        Only REFRESH writes to a materialized view, and nobody reads one before it is filled.
        """
        if self.is_new(lock.relation):
            return False
        known = self.before.relation(lock.relation)
        if known is not None and known.kind is RelationKind.MATERIALIZED_VIEW:
            return known.populated and lock.mode.blocks_reads
        return lock.mode.blocks_reads or lock.mode.blocks_writes

    def is_new_column(self, relation: str, column: str) -> bool:
        """Whether this migration made the column, or its relation: no deployed code knows it."""
        if self.is_new(relation):
            return True
        known = self.before.relation(relation)
        made = known.column(column) if known is not None else None
        if made is None or made.origin is None:
            return False
        return made.origin.migration == unit(self.migration, self.direction)

    def takes_back(self, relation: str, column: str | None = None) -> bool:
        """Whether this is a down script, and what it touches is what its up script made."""
        known = self.before.relation(relation)
        made = known if column is None or known is None else known.column(column)
        own = made is not None and made.origin is not None and made.origin.migration == self.migration
        return self.direction is Direction.DOWN and own

    def text_of(self, effect: Effect) -> str:
        """The clause that causes the effect, as written; the statement, where it has no clause."""
        bounds = self._bounds(effect)
        return self.sql if bounds is None else self.sql[bounds[0] : bounds[1]]

    @cached_property
    def work(self) -> tuple[Impact, ...]:
        """The scans, rewrites and index builds on relations that this migration did not make."""
        return tuple(
            effect
            for effect in self.effects
            if isinstance(effect, (Scan, Rewrite, IndexBuild)) and not self.is_new(effect.relation)
        )

    def stalls(self) -> list[Stall]:
        """Locks that block reads or writes of relations in use while this statement works.

        A lock lasts as long as any work in its statement, and then until commit: the locks that
        earlier statements of the transaction took are held during this one's work too.
        """
        if not self.work:
            return []
        strongest: dict[str, tuple[Lock, bool]] = {}
        own = [lock for lock in self.each(Lock) if not self.is_new(lock.relation)]
        for lock, held in [*((lock, True) for lock in self.held), *((lock, False) for lock in own)]:
            known = strongest.get(lock.relation)
            if known is None or lock.mode.rank > known[0].mode.rank:
                strongest[lock.relation] = (lock, held)
        return [Stall(lock, self.work, held) for lock, held in strongest.values() if self.holds_up(lock)]
