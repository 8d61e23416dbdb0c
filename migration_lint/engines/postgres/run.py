"""One run of a script: the catalog, the session, the transaction and its locks, statement by statement."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.effects import (
    AddEnumValue,
    BeginTransaction,
    Effect,
    EndTransaction,
    Lock,
    RenameTable,
    Savepoint,
    SetSchema,
    SetSetting,
)
from migration_lint.engines.postgres.settings import with_setting
from migration_lint.folding import fold_all
from migration_lint.model import Direction, Session, TransactionMode, unit
from migration_lint.schema import Origin, Persistence


class _Point(Struct, frozen=True):
    """What a rollback goes back to."""

    name: str
    catalog: Catalog
    session: Session
    held: tuple[Lock, ...]


class Run(Struct, frozen=True):
    """The state between two statements.

    `lasting` is the session as it will be after the open transaction commits: SET LOCAL is only in
    `session`. `points` are the start of the transaction and its savepoints.
    """

    catalog: Catalog
    session: Session
    lasting: Session
    mode: TransactionMode
    unit: str
    number: int
    held: tuple[Lock, ...] = ()
    points: tuple[_Point, ...] = ()

    @classmethod
    def start(
        cls, catalog: Catalog, mode: TransactionMode, migration: str, direction: Direction, statements: int
    ) -> Run:
        """Before the first of `statements` statements. The server wraps only several of them."""
        if mode is TransactionMode.NONE and statements < 2:
            mode = TransactionMode.EACH
        name = unit(migration, direction) if migration else ""
        run = cls(catalog, Session(), Session(), mode, name, 0)
        return run._begun(wrapped=True) if mode is TransactionMode.ONE else run

    @property
    def origin(self) -> Origin | None:
        """The origin of what the next statement makes."""
        return Origin(self.unit, self.number) if self.unit else None

    def before_statement(self, tag: str) -> Run:
        """As the next statement finds it: in its own transaction, where none is open."""
        if self.session.transaction is not None:
            return self
        if self.mode is TransactionMode.NONE and tag != "TransactionStmt":
            return self._begun(implicit=True)
        return replace(self, number=self.number + 1)

    def is_private(self, relation: str) -> bool:
        """Whether only the open transaction can see the relation: made in it, or temporary."""
        known = self.catalog.relation(relation)
        if known is None:
            index = self.catalog.index(relation)
            return index is not None and self._made_here(index.origin)
        return known.persistence is Persistence.TEMPORARY or self._made_here(known.origin)

    def _made_here(self, origin: Origin | None) -> bool:
        return self.session.transaction is not None and origin == Origin(self.unit, self.session.transaction)

    def after_statement(self, changes: Iterable[Effect], visible: Iterable[Effect]) -> Run:
        """After a statement with these effects; the locks are those of `visible`."""
        run = replace(self, catalog=fold_all(self.catalog, changes, self.origin))
        for change in changes:
            if isinstance(change, SetSetting):
                run = run._set(change)
            elif isinstance(change, BeginTransaction):
                run = run._begun() if not change.nested or run.session.implicit else run
            elif isinstance(change, EndTransaction):
                run = run._ended(change)
            elif isinstance(change, Savepoint):
                run = run._saved(change)
            elif isinstance(change, AddEnumValue) and run._is_new_value(self.catalog, change):
                added = (*run.session.added_enum_values, (change.relation, change.value))
                run = replace(run, session=replace(run.session, added_enum_values=added))
        if run.session.transaction is not None:
            taken = _strongest([*run.held, *(x for x in visible if isinstance(x, Lock))])
            run = replace(run, held=_renamed(taken, changes))
        return run

    def _is_new_value(self, before: Catalog, change: AddEnumValue) -> bool:
        """Whether the value waits for the commit of the open transaction (IF NOT EXISTS adds no old one)."""
        known = before.types.get(change.relation)
        return self.session.transaction is not None and (known is None or change.value not in known.labels)

    # --- transactions ----------------------------------------------------------------------------

    def _begun(self, *, wrapped: bool = False, implicit: bool = False) -> Run:
        number = self.session.transaction if self.session.implicit else None
        number = number if number is not None else self.number + 1
        session = replace(self.session, transaction=number, wrapped=wrapped, implicit=implicit)
        start = self.points[:1] or (_Point("", self.catalog, self.lasting, ()),)
        return replace(self, session=session, number=number, points=start)

    def _ended(self, change: EndTransaction) -> Run:
        if self.session.transaction is None:
            return self
        catalog, lasting = self.catalog, self.lasting
        if not change.commit and self.points:
            catalog, lasting = self.points[0].catalog, self.points[0].session
        return replace(self, catalog=catalog, session=lasting, lasting=lasting, held=(), points=())

    def _saved(self, change: Savepoint) -> Run:
        action, _, name = change.action.rpartition(" ")
        if action == "savepoint":
            point = _Point(name, self.catalog, self.session, self.held)
            return self._at_points((*self.points, point))
        at = max((n for n, point in enumerate(self.points) if n and point.name == name), default=None)
        if at is None:
            return self
        point = self.points[at]
        if action == "release":
            return self._at_points(self.points[:at])
        back = replace(self, catalog=point.catalog, session=point.session, held=point.held)
        return back._at_points(self.points[: at + 1])

    def _at_points(self, points: tuple[_Point, ...]) -> Run:
        names = tuple(point.name for point in points[1:])
        return replace(self, points=points, session=replace(self.session, savepoints=names))

    def _set(self, change: SetSetting) -> Run:
        if not change.effective:
            return self
        session = with_setting(self.session, change.relation, change.value)
        if change.local:
            return replace(self, session=session)
        return replace(
            self, session=session, lasting=with_setting(self.lasting, change.relation, change.value)
        )


def _renamed(locks: tuple[Lock, ...], changes: Iterable[Effect]) -> tuple[Lock, ...]:
    """The locks under the names that their relations have now."""
    names = {change.relation: change.to for change in changes if isinstance(change, (RenameTable, SetSchema))}
    if not names:
        return locks
    return tuple(replace(lock, relation=names.get(lock.relation, lock.relation)) for lock in locks)


def _strongest(locks: list[Lock]) -> tuple[Lock, ...]:
    found: dict[str, Lock] = {}
    for lock in locks:
        known = found.get(lock.relation)
        if known is None or lock.mode.rank > known.mode.rank:
            found[lock.relation] = lock
    return tuple(found.values())
