"""Clauses as `Change`s: the same words as for every other server."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.engines.mysql import charsets
from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.facts import charset_of, foreign_keys, known_column
from migration_lint.engines.mysql.online.clauses import is_moved
from migration_lint.engines.mysql.shape import as_expression, column_of
from migration_lint.engines.mysql.situation import Situation
from migration_lint.schema import (
    Constraint,
    ConstraintKind,
    Index,
    PartitionKey,
    Relation,
)

PRIMARY = "PRIMARY"


def changes_of(at: Situation, name: str, table: Relation | None, action: s.Action) -> Iterator[e.Change]:
    """What a clause of ALTER TABLE changes, in order."""
    if isinstance(action, s.AddColumns):
        yield from _add_columns(at, name, table, action)
    elif isinstance(action, s.AddKey):
        yield key_change(at, name, table, action.key)
    elif isinstance(action, s.AddForeignKey):
        yield _foreign_key(at, name, table, action.foreign_key)
    elif isinstance(action, s.AddCheck):
        yield e.AddConstraint(relation=name, constraint=check_of(name, table, action.check))
    elif isinstance(action, s.ChangeColumn):
        yield from _change_column(at, name, table, action)
    elif isinstance(action, s.AlterColumn):
        yield from _alter_column(name, table, action)
    elif isinstance(action, s.Drop):
        yield from _drop(at, name, table, action)
    elif isinstance(action, s.Rename):
        yield from _rename(name, table, action)
    elif isinstance(action, s.RenameTo):
        yield e.RenameTable(relation=name, to=at.new_name(action.table))
    elif isinstance(action, s.Convert):
        yield from _convert(at, name, table, action)
    elif isinstance(action, s.Options):
        yield e.SetOptions(relation=name, options=options_of(action.values))
    elif isinstance(action, s.PartitionWork) and action.action in ("drop", "truncate"):
        yield e.DropPartitions(relation=name, partitions=action.names, truncate=action.action == "truncate")
    elif isinstance(action, (s.Algorithm, s.LockLevel, s.UnknownClause)):
        return
    else:
        yield e.AlterTable(relation=name, action=_words(action))


def _words(action: s.Action) -> str:
    if isinstance(action, s.Flag):
        return action.words
    if isinstance(action, s.AlterIndex):
        return f"ALTER INDEX {action.name} {'VISIBLE' if action.visible else 'INVISIBLE'}"
    if isinstance(action, s.AlterCheck):
        return f"ALTER CHECK {action.name} {'ENFORCED' if action.enforced else 'NOT ENFORCED'}"
    if isinstance(action, s.PartitionBy):
        return f"PARTITION BY {action.scheme.kind.upper()}"
    if isinstance(action, s.AddPartition):
        return "ADD PARTITION"
    if isinstance(action, s.ExchangePartition):
        return f"EXCHANGE PARTITION {action.partition}"
    if isinstance(action, s.PartitionWork):
        return f"{action.action.upper()} PARTITION"
    return type(action).__name__


# --- columns -------------------------------------------------------------------------------------


def _add_columns(
    at: Situation, name: str, table: Relation | None, action: s.AddColumns
) -> Iterator[e.Change]:
    for element in action.elements:
        if isinstance(element, s.ColumnDef):
            yield e.AddColumn(
                relation=name,
                column=column_of(element, charset_of(table, at.server), at.server),
                if_not_exists=action.if_not_exists,
                first=action.first,
                after=action.after,
            )
            yield from _inline(at, name, table, element)
        elif isinstance(element, s.Key):
            yield key_change(at, name, table, element)
        elif isinstance(element, s.ForeignKey):
            yield _foreign_key(at, name, table, element)
        elif isinstance(element, s.Check):
            yield e.AddConstraint(relation=name, constraint=check_of(name, table, element))


def _inline(at: Situation, name: str, table: Relation | None, column: s.ColumnDef) -> Iterator[e.Change]:
    if column.key is not None:
        key = s.Key(column.key, (s.KeyPart(column.name),), column.name)
        yield key_change(at, name, table, key, inline=True)
    for check in column.checks:
        yield e.AddConstraint(relation=name, constraint=check_of(name, table, check), inline=True)
    if column.references is not None and at.inline_references:
        made = s.ForeignKey((column.name,), column.references)
        yield _foreign_key(at, name, table, made, inline=True)


def _change_column(
    at: Situation, name: str, table: Relation | None, action: s.ChangeColumn
) -> Iterator[e.Change]:
    old = known_column(table, action.old)
    if old is None and action.if_exists and table is not None and table.complete:
        return
    primary = table.primary_key if table is not None else None
    column = old.name if old is not None else action.old
    in_primary = primary is not None and column in primary.columns
    new = column_of(action.column, charset_of(table, at.server), at.server, in_primary_key=in_primary)
    if old is None or old.type != new.type:
        yield e.ChangeColumnType(
            relation=name,
            column=column,
            old=old.type if old is not None else None,
            new=new.type,
            collation=new.collation,
            certain=old is not None,
        )
    if old is not None and new.not_null and not old.not_null:
        yield e.SetNotNull(relation=name, column=column)
    if old is not None and old.not_null and not new.not_null:
        yield e.DropNotNull(relation=name, column=column)
    moved = table is not None and old is not None and is_moved(table, old, action)
    yield e.RedefineColumn(
        relation=name,
        column=column,
        old=old,
        new=new,
        first=action.first,
        after=action.after,
        moved=moved,
        certain=old is not None,
    )
    if new.name.lower() != column.lower():
        yield e.RenameColumn(relation=name, column=column, to=new.name)
    yield from _inline(at, name, table, action.column)


def _alter_column(name: str, table: Relation | None, action: s.AlterColumn) -> Iterator[e.Change]:
    old = known_column(table, action.column)
    column = old.name if old is not None else action.column
    default = as_expression(action.default)
    if default is not None:
        yield e.SetDefault(relation=name, column=column, default=default)
    elif action.drop_default or action.default is not None:
        yield e.DropDefault(relation=name, column=column)
    else:
        yield e.AlterTable(relation=name, action=f"ALTER COLUMN {column} SET {_visibility(action)}")


def _visibility(action: s.AlterColumn) -> str:
    return "INVISIBLE" if action.invisible else "VISIBLE"


def _convert(at: Situation, name: str, table: Relation | None, action: s.Convert) -> Iterator[e.Change]:
    charset = charsets.canonical(action.charset) if action.charset else charset_of(table, at.server)[0]
    said = charsets.canonical(action.collation) if action.collation else None
    collation = said or charsets.default_collation(charset, at.server)
    for column in table.columns if table is not None else ():
        if column.charset and (column.charset, column.collation) != (charset, collation):
            new = replace(column, charset=charset, collation=collation)
            yield e.RedefineColumn(relation=name, column=column.name, old=column, new=new)
    yield e.SetOptions(relation=name, options=(("charset", charset), ("collation", collation)))
    yield e.AlterTable(relation=name, action=f"CONVERT TO CHARACTER SET {charset}")


# --- DROP and RENAME -----------------------------------------------------------------------------


def _drop(at: Situation, name: str, table: Relation | None, action: s.Drop) -> Iterator[e.Change]:
    if action.kind == "column":
        column = known_column(table, action.name)
        found = column.name if column is not None else action.name
        yield e.DropColumn(
            relation=name, column=found, if_exists=action.if_exists, narrowed=_narrowed(at, name, found)
        )
        return
    if action.kind == "primary key":
        yield e.DropConstraint(
            relation=name, constraint=PRIMARY, definition=table.primary_key if table is not None else None
        )
        return
    if action.kind == "period":
        yield e.AlterTable(relation=name, action=f"DROP PERIOD FOR {action.name}")
        return
    definition = table.constraint(action.name) if table is not None else None
    if action.kind == "index" or (action.kind == "constraint" and definition is None):
        index = at.index(name, action.name)
        if index is not None or action.kind == "index":
            yield drop_index(name, action.name, index, if_exists=action.if_exists)
            return
    yield e.DropConstraint(
        relation=name, constraint=action.name, if_exists=action.if_exists, definition=definition
    )


def _narrowed(at: Situation, name: str, column: str) -> tuple[Index, ...]:
    """The indexes of other columns too, without this one."""
    return tuple(
        replace(index, columns=tuple(known for known in index.columns if known != column))
        for index in at.catalog.indexes_on(name)
        if column in index.columns and len(index.columns) > 1
    )


def drop_index(name: str, index: str, definition: Index | None, *, if_exists: bool) -> e.Change:
    """DROP INDEX, which drops a primary key too."""
    if index.upper() == PRIMARY:
        return e.DropConstraint(relation=name, constraint=PRIMARY)
    full = definition.name if definition is not None else f"{name}.{index}"
    return e.DropIndex(relation=name, index=full, if_exists=if_exists, definition=definition)


def _rename(name: str, table: Relation | None, action: s.Rename) -> Iterator[e.Change]:
    if action.kind == "index":
        yield e.RenameIndex(relation=name, index=f"{name}.{action.old}", to=f"{name}.{action.new}")
        return
    column = known_column(table, action.old)
    yield e.RenameColumn(
        relation=name, column=column.name if column is not None else action.old, to=action.new
    )


# --- keys and constraints ------------------------------------------------------------------------


def key_change(
    at: Situation, name: str, table: Relation | None, key: s.Key, *, inline: bool = False
) -> e.Change:
    """A key as a change: a primary key is a constraint, every other an index."""
    index = index_of(at, name, table, key)
    if key.kind == "primary":
        constraint = primary_key(name, index)
        return e.AddConstraint(relation=name, constraint=constraint, index=index, inline=inline)
    return e.CreateIndex(relation=name, index=index, if_not_exists=key.if_not_exists)


def primary_key(name: str, index: Index) -> Constraint:
    """The constraint of a primary key's index."""
    columns = tuple(column for column in index.columns if column is not None)
    return Constraint(PRIMARY, ConstraintKind.PRIMARY_KEY, columns, index=index.name)


def index_of(at: Situation, name: str, table: Relation | None, key: s.Key) -> Index:
    """A key as an index. Its name is its table's and its own."""
    columns = tuple(_spelled(table, part.column) for part in key.parts)
    first = next((column for column in columns if column is not None), "functional_index")
    own = PRIMARY if key.kind == "primary" else key.name or at.free_index_name(name, first)
    options = []
    prefix = ",".join(part.column or "" for part in key.parts if part.length is not None)
    if prefix:
        options.append(("prefix", prefix))
    if key.using is not None:
        options.append(("using", key.using))
    if not key.visible:
        options.append(("visible", "no"))
    expressions = (as_expression(part.expression) for part in key.parts if part.expression is not None)
    return Index(
        f"{name}.{own}",
        name,
        columns,
        expressions=tuple(one for one in expressions if one is not None),
        unique=key.kind in ("unique", "primary"),
        method=key.kind if key.kind in ("fulltext", "spatial", "vector") else "btree",
        constraint=PRIMARY if key.kind == "primary" else None,
        options=tuple(options),
        named=key.name is not None,
    )


def _spelled(table: Relation | None, name: str | None) -> str | None:
    column = known_column(table, name) if name is not None else None
    return column.name if column is not None else name


def check_of(name: str, table: Relation | None, check: s.Check) -> Constraint:
    """A CHECK as a constraint."""
    number = (
        1 + sum(one.kind is ConstraintKind.CHECK for one in table.constraints) if table is not None else 1
    )
    return Constraint(
        check.name or f"{name.rpartition('.')[2]}_chk_{number}",
        ConstraintKind.CHECK,
        enforced=check.enforced,
        expression=as_expression(check.expression),
        named=check.name is not None,
    )


def foreign_key_of(at: Situation, name: str, table: Relation | None, key: s.ForeignKey) -> Constraint:
    """A foreign key as a constraint."""
    target = at.relation_name(key.reference.table)
    number = 1 + len(foreign_keys(table)) if table is not None else 1
    referenced = key.reference.columns
    known = at.catalog.relation(target)
    if not referenced and known is not None and known.primary_key is not None:
        referenced = known.primary_key.columns
    return Constraint(
        key.name or f"{name.rpartition('.')[2]}_ibfk_{number}",
        ConstraintKind.FOREIGN_KEY,
        tuple(_spelled(table, column) or column for column in key.columns),
        references=target,
        referenced_columns=referenced,
        on_delete=key.reference.on_delete,
        on_update=key.reference.on_update,
        named=key.name is not None,
    )


def _foreign_key(
    at: Situation, name: str, table: Relation | None, key: s.ForeignKey, *, inline: bool = False
) -> e.Change:
    constraint = foreign_key_of(at, name, table, key)
    return e.AddConstraint(
        relation=name,
        constraint=constraint,
        inline=inline,
        index=index_for(at, name, constraint),
    )


def index_for(at: Situation, name: str, constraint: Constraint) -> Index | None:
    """The index that the server makes for a foreign key, where none begins with its columns."""
    wanted = constraint.columns
    for index in at.catalog.indexes_on(name):
        if index.columns[: len(wanted)] == wanted:
            return None
    own = constraint.name if constraint.named else at.free_index_name(name, wanted[0])
    return Index(f"{name}.{own}", name, wanted, named=False)


# --- the table -----------------------------------------------------------------------------------


def options_of(values: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str | None], ...]:
    """Table options under the names that the catalog keeps them by."""
    names = {"COLLATE": "collation"}
    found: dict[str, str | None] = {}
    for name, value in values:
        shown = charsets.canonical(value) if name in ("CHARSET", "COLLATE") else value
        found[names.get(name, name.lower())] = shown
        if name == "COLLATE" and "charset" not in found:
            found["charset"] = charsets.charset_of(value)
    return tuple(found.items())


def partition_key(scheme: s.Scheme) -> PartitionKey:
    """PARTITION BY in the words of the schema."""
    return PartitionKey(scheme.kind, scheme.columns)
