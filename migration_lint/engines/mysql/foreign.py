"""Who waits on the other side of foreign keys.

Observed: MySQL since 8.0 takes exclusive metadata locks on the tables of both sides; MySQL 5.7 and
MariaDB wait only for transactions that wrote there. https://dev.mysql.com/doc/refman/8.4/en/metadata-locking.html
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import AddConstraint, Change, DropConstraint, Lock
from migration_lint.engines.mysql.facts import foreign_keys
from migration_lint.engines.mysql.locks import Mode
from migration_lint.engines.mysql.prediction import EXCLUSIVE, related_lock
from migration_lint.engines.mysql.situation import Situation
from migration_lint.schema import Constraint, ConstraintKind, Relation

WRITERS = Mode.SHARED_NO_WRITE.name
"""Waits for transactions that wrote, not for those that read."""


def altered(at: Situation, name: str, changes: list[Change], *, copies: bool) -> Iterator[Lock]:
    """The locks of an ALTER TABLE on tables that foreign keys tie to it."""
    modern = at.server.mysql_from(8, 0, 0)
    table = at.relation(name)
    for change in changes:
        key = _foreign_key(change)
        if key is None or key.references is None or key.references == name:
            continue
        if isinstance(change, AddConstraint):
            yield from _added(at, key.references, copies=copies)
        elif modern:
            yield related_lock(key.references, EXCLUSIVE)
    for child, _ in at.catalog.foreign_keys_to(name):
        if child.name != name:
            yield related_lock(child.name, EXCLUSIVE if modern else WRITERS)
    if modern or at.server.mariadb:
        for key in foreign_keys(table) if table is not None else ():
            if key.references is not None and key.references != name:
                yield related_lock(key.references, WRITERS)


def _foreign_key(change: Change) -> Constraint | None:
    if isinstance(change, AddConstraint):
        found: Constraint | None = change.constraint
    elif isinstance(change, DropConstraint):
        found = change.definition
    else:
        return None
    return found if found is not None and found.kind is ConstraintKind.FOREIGN_KEY else None


def _added(at: Situation, parent: str, *, copies: bool) -> Iterator[Lock]:
    """A copy looks every parent row up, and locks it; in place, without checks, nothing is looked up."""
    metadata = EXCLUSIVE if at.server.mysql_from(8, 0, 0) else None
    if copies:
        yield Lock(relation=parent, mode=Mode.ROWS_SHARED, metadata_lock=metadata or WRITERS)
    elif metadata:
        yield related_lock(parent, metadata)


def made(at: Situation, table: Relation) -> Iterator[Lock]:
    """The locks of CREATE TABLE on the tables that it refers to."""
    wait = EXCLUSIVE if at.server.mysql_from(8, 0, 0) else WRITERS if at.server.mariadb_from(11, 5) else None
    yield from _on_parents(table, wait)


def removed(at: Situation, table: Relation | None) -> Iterator[Lock]:
    """The locks of DROP TABLE on the tables that it refers to."""
    if table is None:
        return
    both = at.server.mysql_from(8, 0, 0) or at.server.mariadb_from(11, 5)
    yield from _on_parents(table, EXCLUSIVE if both else WRITERS if at.server.mariadb else None)


def emptied(at: Situation, table: Relation | None) -> Iterator[Lock]:
    """The locks of TRUNCATE on the tables that it refers to."""
    if table is not None and (at.server.mariadb or at.server.mysql_from(8, 0, 0)):
        yield from _on_parents(table, WRITERS)


def _on_parents(table: Relation, metadata_lock: str | None) -> Iterator[Lock]:
    for parent in dict.fromkeys(key.references for key in foreign_keys(table)):
        if metadata_lock is not None and parent is not None and parent != table.name:
            yield related_lock(parent, metadata_lock)
