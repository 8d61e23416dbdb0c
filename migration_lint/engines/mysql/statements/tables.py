"""CREATE, DROP, RENAME and TRUNCATE TABLE."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import (
    CreateTable,
    DropRoutine,
    DropSequence,
    DropTable,
    DropTrigger,
    DropView,
    Effect,
    OtherChange,
    RenameTable,
    Truncate,
    Unknown,
)
from migration_lint.engines.mysql import charsets
from migration_lint.engines.mysql import syntax as s
from migration_lint.engines.mysql.changes import (
    check_of,
    foreign_key_of,
    index_for,
    index_of,
    options_of,
    partition_key,
    primary_key,
)
from migration_lint.engines.mysql.foreign import emptied, made, removed
from migration_lint.engines.mysql.legality import drop_refusal, truncate_refusal
from migration_lint.engines.mysql.locks import Mode
from migration_lint.engines.mysql.prediction import Prediction, held_lock, related_lock, short_lock
from migration_lint.engines.mysql.shape import column_of
from migration_lint.engines.mysql.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.schema import Index, Persistence, Relation

_COMMIT = TransactionRule.IMPLICIT_COMMIT


def create_table(at: Situation, statement: s.CreateTable) -> Prediction:
    """CREATE TABLE, also LIKE and AS SELECT."""
    name = at.new_name(statement.table)
    if statement.like is not None:
        return _like(at, name, statement, statement.like)
    table, indexes, unknown = _defined(at, name, statement)
    effects: list[Effect] = []
    if statement.or_replace and at.relation(name) is not None:
        effects += [DropTable(relation=name, if_exists=True), short_lock(name)]
    effects.append(
        CreateTable(
            relation=name,
            table=table,
            if_not_exists=statement.if_not_exists,
            as_select=statement.select is not None,
            indexes=tuple(indexes),
        )
    )
    effects += [*unknown, *made(at, table)]
    for read in statement.select.reads if statement.select is not None else ():
        effects.append(held_lock(at.relation_name(read), Mode.SHARED_READ))
    places = tuple((start, end) for _, start, end in statement.elements)
    rule = TransactionRule.ALLOWED if statement.temporary else _COMMIT
    return Prediction(tuple(effects), rule, None, places)


def _like(at: Situation, name: str, statement: s.CreateTable, like: s.TableName) -> Prediction:
    source = at.relation_name(like)
    known = at.relation(source)
    table = Relation(name, complete=False)
    indexes: tuple[Index, ...] = ()
    if known is not None:
        kept = tuple(one for one in known.constraints if one.references is None)
        table = replace(known, name=name, constraints=kept, filled=False, triggers=())
        indexes = tuple(
            replace(index, name=f"{name}.{index.name.removeprefix(f'{source}.')}", relation=name)
            for index in at.catalog.indexes_on(source)
        )
    table = replace(table, persistence=_persistence(statement))
    made_table = CreateTable(
        relation=name, table=table, if_not_exists=statement.if_not_exists, indexes=indexes
    )
    return Prediction((made_table, held_lock(source, Mode.SHARED_READ)), _COMMIT)


def _persistence(statement: s.CreateTable) -> Persistence:
    return Persistence.TEMPORARY if statement.temporary else Persistence.PERMANENT


def _defined(
    at: Situation, name: str, statement: s.CreateTable
) -> tuple[Relation, list[Index], list[Effect]]:
    elements = [element for element, _, _ in statement.elements]
    options = _options(at, statement)
    charset = (str(dict(options)["charset"]), str(dict(options)["collation"]))
    keys = [element for element in elements if isinstance(element, s.Key)]
    primary = {
        part.column for key in keys if key.kind == "primary" for part in key.parts if part.column is not None
    }
    columns = tuple(
        column_of(element, charset, at.server, in_primary_key=element.name in primary)
        for element in elements
        if isinstance(element, s.ColumnDef)
    )
    table = Relation(
        name,
        columns=columns,
        persistence=_persistence(statement),
        partition_key=partition_key(statement.scheme) if statement.scheme is not None else None,
        options=options,
        filled=statement.select is not None,
        complete=statement.select is None,
    )
    bare = at.after([CreateTable(relation=name, table=table)])
    indexes: list[Index] = []
    unknown: list[Effect] = []
    for number, element in enumerate(elements):
        now = bare.after([CreateTable(relation=name, table=table, indexes=tuple(indexes))])
        if isinstance(element, s.UnknownClause):
            shown = " ".join(element.text.split())[:60]
            unknown.append(Unknown(reason=f"the definition {shown!r} of CREATE TABLE", clause=number))
        elif isinstance(element, s.ColumnDef):
            table = _with_inline(now, table, element, indexes)
        elif isinstance(element, s.Key):
            index = index_of(now, name, table, element)
            indexes.append(index)
            if element.kind == "primary":
                table = replace(table, constraints=(*table.constraints, primary_key(name, index)))
        elif isinstance(element, s.Check):
            table = replace(table, constraints=(*table.constraints, check_of(name, table, element)))
        elif isinstance(element, s.ForeignKey):
            table = _with_foreign_key(now, table, element, indexes)
    return table, indexes, unknown


def _with_inline(at: Situation, table: Relation, column: s.ColumnDef, indexes: list[Index]) -> Relation:
    if column.key is not None:
        key = s.Key(column.key, (s.KeyPart(column.name),), None)
        index = index_of(at, table.name, table, key)
        indexes.append(index)
        if column.key == "primary":
            table = replace(table, constraints=(*table.constraints, primary_key(table.name, index)))
    for check in column.checks:
        table = replace(table, constraints=(*table.constraints, check_of(table.name, table, check)))
    if column.references is not None and at.inline_references:
        table = _with_foreign_key(at, table, s.ForeignKey((column.name,), column.references), indexes)
    return table


def _with_foreign_key(at: Situation, table: Relation, key: s.ForeignKey, indexes: list[Index]) -> Relation:
    constraint = foreign_key_of(at, table.name, table, key)
    index = index_for(at, table.name, constraint)
    if index is not None:
        indexes.append(index)
    return replace(table, constraints=(*table.constraints, constraint))


def _options(at: Situation, statement: s.CreateTable) -> tuple[tuple[str, str], ...]:
    said = {name: value for name, value in options_of(statement.options) if value is not None}
    charset = said.get("charset", charsets.DEFAULT_CHARSET)
    said["charset"] = charset
    said.setdefault("collation", charsets.default_collation(charset, at.server))
    return tuple(said.items())


def drop_objects(at: Situation, statement: s.DropObjects) -> Prediction:
    """DROP TABLE, VIEW, TRIGGER, PROCEDURE, …"""
    kind = statement.kind
    if kind == "table":
        return _drop_tables(at, statement)
    effects: list[Effect] = []
    for named in statement.names:
        name = at.relation_name(named)
        if kind == "view":
            effects += [DropView(relation=name, if_exists=statement.if_exists), short_lock(name)]
        elif kind == "sequence":
            effects += [DropSequence(relation=name, if_exists=statement.if_exists), short_lock(name)]
        elif kind == "trigger":
            effects += _drop_trigger(at, named, statement.if_exists)
        elif kind in ("procedure", "function"):
            effects.append(DropRoutine(relation=at.new_name(named), if_exists=statement.if_exists))
        else:
            effects.append(OtherChange(relation=at.new_name(named), what=f"drop {kind}"))
    return Prediction(tuple(effects), _COMMIT)


def _drop_trigger(at: Situation, named: s.TableName, if_exists: bool) -> list[Effect]:
    for relation in at.catalog.relations.values():
        if relation.trigger(named.name) is not None:
            gone = DropTrigger(relation=relation.name, trigger=named.name, if_exists=if_exists)
            return [gone, short_lock(relation.name)]
    return [OtherChange(relation=at.new_name(named), what="drop trigger")]


def _drop_tables(at: Situation, statement: s.DropObjects) -> Prediction:
    names = [at.relation_name(named) for named in statement.names]
    effects: list[Effect] = []
    known = [at.relation(name) for name in names]
    for name, table in zip(names, known, strict=True):
        effects.append(DropTable(relation=name, if_exists=statement.if_exists))
        effects.append(short_lock(name))
        effects += [lock for lock in removed(at, table) if lock.relation not in names]
    refused = drop_refusal(at, names)
    temporary = statement.temporary or all(
        table is not None and table.persistence is Persistence.TEMPORARY for table in known
    )
    return Prediction(tuple(effects), TransactionRule.ALLOWED if temporary else _COMMIT, refused)


def rename_tables(at: Situation, statement: s.RenameTables) -> Prediction:
    """RENAME TABLE: all of them or none."""
    effects: list[Effect] = []
    now = at
    for old, new in statement.pairs:
        name = now.relation_name(old)
        to = now.new_name(new)
        if new.database is None and old.database is None and "." in name and not at.database:
            to = f"{name.rpartition('.')[0]}.{new.name}"
        change = RenameTable(relation=name, to=to)
        effects += [change, short_lock(name)]
        if at.server.mysql_from(8, 0, 0):
            for child, _ in now.catalog.foreign_keys_to(name):
                if child.name != name:
                    effects.append(related_lock(child.name, Mode.EXCLUSIVE.name))
        now = now.after([change])
    return Prediction(tuple(effects), _COMMIT)


def truncate(at: Situation, statement: s.TruncateTable) -> Prediction:
    """TRUNCATE drops the table and makes it again."""
    name = at.relation_name(statement.table)
    table = at.relation(name)
    effects: list[Effect] = [Truncate(relation=name), short_lock(name), *emptied(at, table)]
    return Prediction(tuple(effects), _COMMIT, truncate_refusal(at, name))
