"""One run of a script: the catalog, the session and the transaction, statement by statement.

DDL commits what is open, before it runs and after: a migration that fails half-way is half applied.
https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.catalog import Catalog
from migration_lint.effects import (
    BeginTransaction,
    Effect,
    EndTransaction,
    Lock,
    LockTable,
    OtherChange,
    SetSetting,
)
from migration_lint.folding import fold_all
from migration_lint.model import Direction, Session, TransactionMode, TransactionRule, unit
from migration_lint.schema import Origin


class Run(Struct, frozen=True):
    """The state between two statements. `locked` are the locks of LOCK TABLES, `held` those of rows."""

    catalog: Catalog
    session: Session
    unit: str
    number: int = 0
    held: tuple[Lock, ...] = ()
    locked: tuple[Lock, ...] = ()

    @classmethod
    def start(cls, catalog: Catalog, mode: TransactionMode, migration: str, direction: Direction) -> Run:
        """Before the first statement. What a tool sends without BEGIN is in autocommit."""
        session = Session(search_path=())
        name = unit(migration, direction) if migration else ""
        run = cls(catalog, session, name)
        return run._begun(wrapped=True) if mode is TransactionMode.ONE else run

    @property
    def origin(self) -> Origin | None:
        """The origin of what the next statement makes."""
        return Origin(self.unit, self.number) if self.unit else None

    @property
    def all_held(self) -> tuple[Lock, ...]:
        """The locks that earlier statements took."""
        return (*self.locked, *self.held)

    def before_statement(self) -> Run:
        """As the next statement finds it."""
        return self if self.session.transaction is not None else replace(self, number=self.number + 1)

    def after_statement(self, effects: Iterable[Effect], rule: TransactionRule) -> Run:
        """After a statement with these effects."""
        effects = tuple(effects)
        run = replace(self, catalog=fold_all(self.catalog, effects, self.origin))
        if rule is TransactionRule.IMPLICIT_COMMIT:
            run = run._ended()
        for effect in effects:
            if isinstance(effect, SetSetting):
                run = replace(run, session=with_setting(run.session, effect.relation, effect.value))
            elif isinstance(effect, BeginTransaction):
                run = run._begun()
            elif isinstance(effect, EndTransaction):
                run = run._ended()
            elif isinstance(effect, OtherChange) and effect.what == "unlock tables":
                run = replace(run, locked=())
        locks = tuple(effect for effect in effects if isinstance(effect, Lock))
        if any(isinstance(effect, LockTable) for effect in effects):
            return replace(run, locked=locks)
        if run.session.transaction is not None and rule is TransactionRule.ALLOWED:
            return replace(run, held=(*run.held, *locks))
        return run

    def _begun(self, *, wrapped: bool = False) -> Run:
        number = self.number + 1
        session = replace(self.session, transaction=number, wrapped=wrapped)
        return replace(self, session=session, number=number, held=())

    def _ended(self) -> Run:
        session = replace(self.session, transaction=None, wrapped=False)
        return replace(self, session=session, held=())


def with_setting(session: Session, name: str, value: str | None) -> Session:
    """The session after SET; ``lock_wait_timeout`` is in seconds."""
    if name == "lock_wait_timeout":
        seconds = int(value) if value is not None and value.isdigit() else None
        return replace(session, lock_timeout=None if seconds is None else seconds * 1000)
    if name == "search_path":
        return replace(session, search_path=(value,) if value else ())
    others = tuple((known, old) for known, old in session.settings if known != name)
    return replace(session, settings=others if value is None else (*others, (name, value)))
