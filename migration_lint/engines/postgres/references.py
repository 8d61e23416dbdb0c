"""What foreign keys do when rows come, change and go: the queries of ``utils/adt/ri_triggers.c``.

A new key looks up its row on the referenced side with ``FOR KEY SHARE``. A row that goes, or whose
key changes, looks for rows on the referencing side: locked the same way, or changed by CASCADE and
SET. Without an index on the referencing columns each such look reads the whole table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect
from migration_lint.engines.postgres.levels import has_rows
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.prediction import lock, scan
from migration_lint.schema import Constraint, ConstraintKind, Relation

_CHANGING = ("cascade", "set null", "set default")


class Touch(Struct, frozen=True):
    """Rows of a relation that change. `wide`: many of them, so that cascades reach many too.

    `certain` is false where `wide` is the worse of two cases.
    """

    relation: str
    wide: bool
    certain: bool = True


def checked(
    relation: str, columns: Iterable[str] | None, catalog: Catalog, nulls: frozenset[str] = frozenset()
) -> Iterator[Effect]:
    """The referenced rows that new values of the columns lock; None stands for every column.

    `nulls` are the columns whose new value is NULL: such a key is not looked up. One that is deferred
    is looked up when the transaction commits, which gives the lock back at once.
    """
    for key in own_keys(relation, catalog):
        if key.deferred or nulls & set(key.columns):
            continue
        if columns is None or set(columns) & set(key.columns):
            yield lock(str(key.references), Mode.RowShareLock)


def own_keys(relation: str, catalog: Catalog) -> Iterator[Constraint]:
    """The foreign keys of a table that the server enforces, those of the tables that it is a part of too."""
    seen: set[tuple[tuple[str, ...], str | None]] = set()
    for owner in _with_ancestors(relation, catalog):
        for key in owner.constraints:
            known = (key.columns, key.references)
            if key.kind is not ConstraintKind.FOREIGN_KEY or not key.enforced or known in seen:
                continue
            if key.references is not None:
                seen.add(known)
                yield key


def _with_ancestors(relation: str, catalog: Catalog) -> Iterator[Relation]:
    """The relation, and the partitioned tables above it, whose keys are its own."""
    known = catalog.relation(relation)
    while known is not None:
        yield known
        known = catalog.relation(known.partition_of) if known.partition_of is not None else None


def deleted(touch: Touch, catalog: Catalog, seen: frozenset[str] = frozenset()) -> list[Effect]:
    """What deleting rows does to the tables that refer to them."""
    found: list[Effect] = []
    for owner in _with_ancestors(touch.relation, catalog):
        for child, key in catalog.foreign_keys_to(owner.name):
            if key.enforced:
                found += _followed(touch, child, key, key.on_delete, catalog, seen)
    return found


def updated(
    touch: Touch,
    columns: Iterable[str],
    catalog: Catalog,
    seen: frozenset[str] = frozenset(),
    nulls: frozenset[str] = frozenset(),
) -> list[Effect]:
    """What new values of the columns do to the tables on both sides of foreign keys.

    `nulls` are those of the columns whose new value is NULL.
    """
    changed = set(columns)
    found: list[Effect] = list(checked(touch.relation, changed, catalog, nulls))
    for owner in _with_ancestors(touch.relation, catalog):
        for child, key in catalog.foreign_keys_to(owner.name):
            if key.enforced and changed & set(referenced_columns(owner, key)):
                found += _followed(touch, child, key, key.on_update, catalog, seen, update=True)
    return found


def referenced_columns(owner: Relation, key: Constraint) -> tuple[str, ...]:
    """The columns that a foreign key points at; those of the primary key where it names none."""
    if key.referenced_columns or owner.primary_key is None:
        return key.referenced_columns
    return owner.primary_key.columns


def _followed(
    touch: Touch,
    child: Relation,
    key: Constraint,
    action: str,
    catalog: Catalog,
    seen: frozenset[str],
    *,
    update: bool = False,
) -> Iterator[Effect]:
    changing = action in _CHANGING
    if not changing and action != "restrict" and key.deferred:
        return
    mode = Mode.RowExclusiveLock if changing else Mode.RowShareLock
    unindexed = not _has_index(child.name, key, catalog)
    reads_all = unindexed or (changing and touch.wide)
    partitions = catalog.descendants(child.name) if child.partition_key is not None else iter(())
    for table in (child, *partitions):
        yield lock(table.name, mode)
        if reads_all and has_rows(table.name, catalog):
            yield scan(table.name, certain=child.complete and (unindexed or touch.certain))
    if not changing or child.name in seen:
        return
    below = Touch(child.name, touch.wide, touch.certain)
    if action == "cascade" and not update:
        yield from deleted(below, catalog, seen | {child.name})
    else:
        nulls = frozenset(key.columns if action == "set null" else ())
        yield from updated(below, key.columns, catalog, seen | {child.name}, nulls)


def _has_index(table: str, key: Constraint, catalog: Catalog) -> bool:
    """Whether an index finds the referencing rows: the key's values are never NULL there."""
    for index in catalog.indexes_on(table):
        leading = index.columns[0] if index.columns else None
        proven = index.predicate is None or _is_not_null(index.predicate.text, key.columns)
        if index.valid and leading in key.columns and index.method in ("btree", "hash") and proven:
            return True
    return False


def _is_not_null(predicate: str, columns: tuple[str, ...]) -> bool:
    words = predicate.strip("() ").lower().split()
    return len(words) == 4 and words[0].strip('"') in columns and words[1:] == ["is", "not", "null"]
