"""What INSERT, UPDATE, DELETE and MERGE do: to the rows, and by way of partitions, views and foreign keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from migration_lint.effects import DeleteRows, Effect, Impact, InsertRows, UpdateRows
from migration_lint.engines.postgres.calls import called
from migration_lint.engines.postgres.inserting import default_taken, put
from migration_lint.engines.postgres.levels import Level, always_true, conjuncts, level_of
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, constant, is_null, names, tag, walk
from migration_lint.engines.postgres.prediction import lock
from migration_lint.engines.postgres.pruning import routed
from migration_lint.engines.postgres.reading import reads
from migration_lint.engines.postgres.references import Touch, checked, deleted, updated
from migration_lint.engines.postgres.scan import after_word
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.targets import Target, ancestors, fired, target_of
from migration_lint.schema import Expression

_BOUNDS_READ_LATE_SINCE = 14
"""Before this version any change of a partition's rows opens the tables above it."""
_MOVED_AS_UPDATE_SINCE = 15
"""Before this version foreign keys see a row that changes its partition as deleted."""
CHANGES = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")


def changes(statement: Node, at: Situation, *, runs: bool = True) -> Iterator[Effect]:
    """The effects of every data-changing statement in a tagged one, CTEs included.

    `runs` is false where the statement is only planned.
    """
    for kind, fields in walk(statement):
        if kind in _EFFECTS and "relation" in fields:
            yield from _ruled(kind, fields, at, runs)


def _ruled(kind: str, fields: Node, at: Situation, runs: bool) -> Iterator[Effect]:
    """The effects of a statement, and of the actions of rules beside it or instead of it."""
    name = at.relation_name(fields["relation"])
    known = at.relation(name)
    event = kind.removesuffix("Stmt").lower()
    rules = [rule for rule in (known.rules if known is not None else ()) if rule.event == event]
    if any(rule.instead and not rule.conditional for rule in rules):
        yield lock(name, Mode.RowExclusiveLock)
    else:
        yield from _EFFECTS[kind](fields, at, runs)
    if not rules or known is None:
        return
    # An action may change the relation again: its rules are asked once.
    once = at.with_catalog(at.catalog.with_relation(replace(known, rules=())))
    for action in [action for rule in rules for action in rule.tree or ()]:
        found = (*changes(action, once, runs=runs), *reads(action, once, runs=runs))
        yield from (effect for effect in found if isinstance(effect, Impact))


# --- UPDATE and DELETE ---------------------------------------------------------------------------


def _updated(node: Node, at: Situation, runs: bool) -> Iterator[Effect]:
    level = level_of({"UpdateStmt": node}, at)
    target = target_of(node["relation"], at, "update", level)
    columns = assigned(node.get("targetList"))
    where, narrow = _condition(node, level, at)
    if runs:
        yield UpdateRows(
            relation=target.name, columns=columns, where=where, narrow=narrow, repeated=repeated(node)
        )
    yield from target.locked(at)
    if not runs or _never(node):
        return
    if not narrow:
        yield from target.scanned(at, certain=where is None and len(level.items) == 1)
    yield from ancestors(target.known, at)
    new = {body(item).get("name", ""): body(item).get("val") or {} for item in node.get("targetList") or ()}
    changed = [name for name in columns if not _keeps(new[name], name)]
    nulls = frozenset(name for name in changed if _is_null(new[name], name, target))
    yield from updated(Touch(target.name, not narrow, where is None), changed, at.catalog, nulls=nulls)
    if target.known is not None and target.known.partition_key is not None:
        yield from _moved(target, changed, new, at)
    for column in target.known.columns if target.known is not None else ():
        if tag(new.get(column.name, {})) == "SetToDefault":
            yield from default_taken(target.name, column, at)
    yield from fired(target, "update", at)


def _is_null(value: Node, column: str, target: Target) -> bool:
    """Whether a column is assigned NULL, by its default too."""
    known = target.known.column(column) if target.known is not None else None
    plain = known is not None and known.default is None and known.identity is None and not known.serial
    return is_null(value) or (plain and tag(value) == "SetToDefault")


def _keeps(value: Node, column: str) -> bool:
    """Whether a column is assigned to itself."""
    return tag(value) == "ColumnRef" and names(body(value).get("fields"))[-1:] == [column]


def _moved(
    target: Target, changed: Sequence[str], new: Mapping[str, Node], at: Situation
) -> Iterator[Effect]:
    """Rows whose partition key changes go to another partition, as a DELETE and an INSERT."""
    path = routed(target.name, new, at.catalog)
    opened = {child.name for child in target.children}
    keys = (known.partition_key for known in (target.known, *target.children) if known is not None)
    if not any(key is not None and set(key.columns) & set(changed) for key in keys):
        return
    for child in path or ():
        yield lock(child.name, Mode.RowExclusiveLock)
    if path is not None and {child.name for child in path} <= opened and len(opened) == len(path):
        return  # it stays where it is
    sure = path is not None and not {child.name for child in path} <= opened
    found = list(checked(target.name, None, at.catalog))
    if at.version < _MOVED_AS_UPDATE_SINCE:
        found += deleted(Touch(target.name, wide=False, certain=False), at.catalog)
    yield from (replace(effect, certain=sure and effect.certain) for effect in found)


def _deleted(node: Node, at: Situation, runs: bool) -> Iterator[Effect]:
    level = level_of({"DeleteStmt": node}, at)
    target = target_of(node["relation"], at, "delete", level)
    where, narrow = _condition(node, level, at)
    if runs:
        yield DeleteRows(relation=target.name, where=where, narrow=narrow)
    yield from target.locked(at)
    if not runs or _never(node):
        return
    if not narrow:
        yield from target.scanned(at, certain=where is None and len(level.items) == 1)
    if at.version < _BOUNDS_READ_LATE_SINCE:
        yield from ancestors(target.known, at)
    yield from deleted(Touch(target.name, not narrow, where is None), at.catalog)
    yield from fired(target, "delete", at)


def _condition(node: Node, level: Level, at: Situation) -> tuple[Expression | None, bool]:
    where = node.get("whereClause")
    narrow = level.items[0].alias in level.narrow(at)
    if always_true(where):
        return None, narrow
    start = at.offset(node["relation"])
    text = after_word(at.sql, "where", start, frozenset(["returning"]))
    return at.expression(where, text), narrow


def _never(node: Node) -> bool:
    where = node.get("whereClause")
    return bool(where) and any(constant(part) is False for part in conjuncts(where or {}))


def assigned(targets: Sequence[Node] | None) -> tuple[str, ...]:
    """The columns of a SET list, each once."""
    return tuple(dict.fromkeys(body(item).get("name", "") for item in targets or ()))


def repeated(node: Node) -> tuple[str, ...]:
    """The columns that a SET list assigns as a whole more than once."""
    whole = [body(item) for item in node.get("targetList") or ()]
    count = Counter(item.get("name", "") for item in whole if not item.get("indirection"))
    return tuple(name for name, times in count.items() if times > 1)


# --- INSERT --------------------------------------------------------------------------------------


def _inserted(node: Node, at: Situation, runs: bool) -> Iterator[Effect]:
    """The effects of an InsertStmt's fields, apart from what its query reads."""
    target = target_of(node["relation"], at, "insert")
    given = [body(item).get("name", "") for item in node.get("cols") or ()]
    select = node.get("selectStmt")
    rows = body(select or {}).get("valuesLists")
    conflict = node.get("onConflictClause") or {}
    set_columns = assigned(conflict.get("targetList"))
    if runs:
        yield InsertRows(
            relation=target.name,
            columns=tuple(given),
            select=bool(select) and not rows,
            rows=len(rows) if rows else (None if select else 1),
        )
        if set_columns:
            where = conflict.get("whereClause")
            text = after_word(at.sql, "where", at.offset(conflict), frozenset(["returning"]))
            expression = None if always_true(where) else at.expression(where, text)
            yield UpdateRows(relation=target.name, columns=set_columns, where=expression, narrow=True)
    yield from target.locked(at)
    if not runs:
        return
    yield from put(target, given, [body(row).get("items") or [] for row in rows or ()], at, select=select)
    if set_columns:
        yield from updated(Touch(target.name, wide=False), set_columns, at.catalog)
    for event in ("insert", "update") if set_columns else ("insert",):
        yield from fired(target, event, at)


# --- MERGE ---------------------------------------------------------------------------------------


def _merged(node: Node, at: Situation, runs: bool) -> Iterator[Effect]:
    level = level_of({"MergeStmt": node}, at)
    # A condition that is never true leaves rows to insert, and so all partitions open.
    sought = replace(level, parts=tuple(part for part in level.parts if constant(part) is not False))
    target = target_of(node["relation"], at, "update", sought)
    clauses = [body(item) for item in node.get("mergeWhenClauses") or ()]
    leftover = any(clause.get("matchKind") == "MERGE_WHEN_NOT_MATCHED_BY_SOURCE" for clause in clauses)
    narrow = level.items[0].alias in level.narrow(at) and not leftover
    touch = Touch(target.name, wide=not narrow, certain=False)
    condition = at.expression(node.get("joinCondition"), "")
    rest: list[Effect] = list(target.locked(at))
    for clause in clauses if runs else ():
        command = clause.get("commandType")
        rest += fired(target, str(command).removeprefix("CMD_").lower(), at)
        columns = assigned(clause.get("targetList"))
        if command == "CMD_UPDATE":
            yield UpdateRows(relation=target.name, columns=columns, where=condition, narrow=narrow)
            rest += [*ancestors(target.known, at), *updated(touch, columns, at.catalog)]
        elif command == "CMD_DELETE":
            yield DeleteRows(relation=target.name, where=condition, narrow=narrow)
            rest += deleted(touch, at.catalog)
        elif command == "CMD_INSERT":
            yield InsertRows(relation=target.name, columns=columns, select=True, source="merge")
            values = [clause["values"]] if clause.get("values") else []
            rest += put(target, list(columns), values, at, select=None, exact=False)
    yield from rest
    if runs and not narrow:
        yield from target.scanned(at, certain=False)


_EFFECTS: dict[str, Callable[[Node, Situation, bool], Iterator[Effect]]] = {
    "InsertStmt": _inserted,
    "UpdateStmt": _updated,
    "DeleteStmt": _deleted,
    "MergeStmt": _merged,
}


def effects_of_calls(statement: Node, at: Situation) -> Iterator[Effect]:
    """What functions called in a tagged statement do."""
    alone = tag(statement) == "SelectStmt" and not body(statement).get("fromClause")
    yield from called(statement, at, alone=alone)
