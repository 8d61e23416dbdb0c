"""``models.Index``, ``UniqueConstraint``, ``CheckConstraint`` and their like as SQL.

https://docs.djangoproject.com/en/stable/ref/models/indexes/,
https://docs.djangoproject.com/en/stable/ref/contrib/postgres/indexes/
"""

from __future__ import annotations

import ast

from migration_lint.names import quoted
from migration_lint.sources import ddl
from migration_lint.sources.python.values import Call, NotLiteral, Reference, Value
from migration_lint.sources.tools.django.expressions import condition, index_parts
from migration_lint.sources.tools.django.naming import index_name
from migration_lint.sources.tools.django.schema_editor import Deferred, Place, SchemaEditor
from migration_lint.sources.tools.django.state import Model, Named

_METHODS = {
    "Index": "",
    "BTreeIndex": "btree",
    "BloomIndex": "bloom",
    "BrinIndex": "brin",
    "GinIndex": "gin",
    "GistIndex": "gist",
    "HashIndex": "hash",
    "SpGistIndex": "spgist",
}
_SUFFIXES = {"": "idx", "btree": "btree", "bloom": "bloom", "brin": "brin", "gin": "gin", "gist": "gist",
             "hash": "hash", "spgist": "spgist"}  # fmt: skip
_OPTIONS = ("autosummarize", "buffering", "columns", "deduplicate_items", "fastupdate", "fillfactor",
            "gin_pending_list_limit", "length", "pages_per_range")  # fmt: skip
_KNOWN = {"fields", "name", "condition", "include", "opclasses", "db_tablespace", "expressions", *_OPTIONS}


def name_of(value: Call) -> str:
    """The name of an index or constraint. Raises NotLiteral."""
    name = value.keywords.get("name")
    if not isinstance(name, str):
        raise NotLiteral(value.node, f"the name of {value.last}, which is not spelled out")
    return name


def with_name(index: Call, model: Model) -> Call:
    """An index with the name that Django gives it where it has none. Raises NotLiteral."""
    if index.keywords.get("name"):
        return index
    fields = _texts(index.keywords.get("fields"), index)
    columns = [(_column(each.lstrip("-"), model, index), each.startswith("-")) for each in fields]
    if not columns:
        raise NotLiteral(index.node, "an index of expressions without a name")
    name = index_name(model.db_table, columns, _SUFFIXES[_method(index)])
    return Call(index.name, index.args, {**index.keywords, "name": name}, index.node)


def _method(index: Call) -> str:
    method = _METHODS.get(index.last)
    if method is None or not index.name.startswith("django."):
        raise NotLiteral(index.node, f"{index.last}, an index of a kind that is not known here")
    return method


def meta_index(index: Call, model: Model, place: Place) -> Deferred:
    """An entry of ``Meta.indexes``. Raises NotLiteral."""
    method = _method(index)
    given = index.keywords
    for keyword in given:
        if keyword not in _KNOWN:
            raise NotLiteral(index.node, f"the argument {keyword} of {index.last}")
    fields = _texts(given.get("fields", ()), index)
    classes = _texts(given.get("opclasses", ()), index)
    columns = [_column(each.lstrip("-"), model, index) for each in fields]
    if index.args:
        parts = tuple(index_parts(index.args, model))
    else:
        descending = [" DESC" if each.startswith("-") else "" for each in fields]
        operators = [f" {each}" for each in classes] or [""] * len(columns)
        parts = tuple(
            quoted(column) + operator + order
            for column, operator, order in zip(columns, operators, descending, strict=False)
        )
    return Deferred(
        "index",
        model.db_table,
        columns,
        place,
        name=name_of(index),
        parts=parts,
        rest=_rest(index, model, _options(given)),
        using=f" USING {method}" if method else "",
    )


def _options(given: dict[str, Value]) -> str:
    """The storage parameters in the order in which Django writes them."""
    found = []
    for name in _OPTIONS:
        value = given.get(name)
        if value is None:
            continue
        if name == "columns" and isinstance(value, (list, tuple)):
            found += [f"col{number} = {each}" for number, each in enumerate(value, 1)]
        else:
            found.append(f"{name} = {value if not isinstance(value, bool) else 'on' if value else 'off'}")
    return f" WITH ({', '.join(found)})" if found else ""


def _rest(call: Call, model: Model, options: str = "", distinct: str = "") -> str:
    given = call.keywords
    include = [_column(each, model, call) for each in _texts(given.get("include") or (), call)]
    sql = f" INCLUDE {ddl.columns(include)}" if include else ""
    sql += distinct + options
    if isinstance(given.get("db_tablespace"), str):
        sql += f" TABLESPACE {quoted(str(given['db_tablespace']))}"
    if given.get("condition") is not None:
        sql += f" WHERE {condition(given['condition'], model)}"
    return sql


def inline_constraint(
    constraint: Call, model: Model, place: Place
) -> tuple[str | None, Deferred | None, list[Named]]:
    """(clause of CREATE TABLE, statement for later, what the table has). Raises NotLiteral."""
    name = quoted(name_of(constraint))
    if constraint.last == "UniqueConstraint" and (waiting := unique(constraint, model, place)) is not None:
        if waiting.kind == "unique" and not waiting.rest.startswith(" NULLS"):
            clause = f"UNIQUE {ddl.columns(waiting.columns)}{waiting.rest}"
            return f"CONSTRAINT {name} {clause}", None, [waiting.made()]
        return None, waiting, []
    clause, made = _clause(constraint, model)
    return f"CONSTRAINT {name} {clause}", None, [made]


def unique(constraint: Call, model: Model, place: Place) -> Deferred:
    """A UniqueConstraint: a constraint, or an index where it is more than that. Raises NotLiteral."""
    given = constraint.keywords
    fields = _texts(given.get("fields", ()), constraint)
    classes = _texts(given.get("opclasses", ()), constraint)
    columns = [_column(each, model, constraint) for each in fields]
    distinct = given.get("nulls_distinct")
    nulls = "" if distinct is None else " NULLS DISTINCT" if distinct else " NULLS NOT DISTINCT"
    name = name_of(constraint)
    if given.get("condition") is None and not given.get("include") and not classes and not constraint.args:
        rest = nulls + _deferring(given.get("deferrable"))
        if nulls:
            rest = f"{nulls} {ddl.columns(columns)}{_deferring(given.get('deferrable'))}"
        return Deferred("unique", model.db_table, columns, place, name=name, rest=rest)
    if constraint.args:
        parts = tuple(index_parts(constraint.args, model))
    else:
        parts = tuple(
            quoted(column) + (f" {classes[number]}" if classes else "")
            for number, column in enumerate(columns)
        )
    rest = _rest(constraint, model, distinct=nulls)
    return Deferred("unique index", model.db_table, columns, place, name=name, parts=parts, rest=rest)


def _deferring(value: Value) -> str:
    if not isinstance(value, Reference):
        return ""
    return f" DEFERRABLE INITIALLY {'DEFERRED' if value.last == 'DEFERRED' else 'IMMEDIATE'}"


def _clause(constraint: Call, model: Model) -> tuple[str, Named]:
    given, name = constraint.keywords, name_of(constraint)
    if constraint.last == "CheckConstraint":
        test = given.get("condition", given.get("check", constraint.args[0] if constraint.args else None))
        return f"CHECK ({condition(test, model)})", Named(name, "check", ())
    if constraint.last == "ExclusionConstraint":
        return _exclusion(constraint, model), Named(name, "exclude", ())
    raise NotLiteral(constraint.node, f"{constraint.last}, a constraint of a kind that is not known here")


def _exclusion(constraint: Call, model: Model) -> str:
    given = constraint.keywords
    pairs = given.get("expressions")
    if not isinstance(pairs, (list, tuple)):
        raise NotLiteral(constraint.node, "the expressions of a constraint, which are not spelled out")
    parts = []
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise NotLiteral(constraint.node, "the expressions of a constraint, which are not spelled out")
        value, operator = pair
        [part] = index_parts([value], model)
        parts.append(f"{part} WITH {_operator(operator)}")
    method = given.get("index_type") or "GIST"
    sql = f"EXCLUDE USING {method} ({', '.join(parts)})"
    include = [_column(each, model, constraint) for each in _texts(given.get("include") or (), constraint)]
    sql += f" INCLUDE {ddl.columns(include)}" if include else ""
    if given.get("condition") is not None:
        sql += f" WHERE ({condition(given['condition'], model)})"
    return sql + _deferring(given.get("deferrable"))


_OPERATORS = {
    "EQUAL": "=", "NOT_EQUAL": "<>", "CONTAINS": "@>", "CONTAINED_BY": "<@", "OVERLAPS": "&&",
    "FULLY_LT": "<<", "FULLY_GT": ">>", "NOT_LT": "&>", "NOT_GT": "&<", "ADJACENT_TO": "-|-",
}  # fmt: skip


def _operator(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Reference) and value.last in _OPERATORS:
        return _OPERATORS[value.last]
    raise NotLiteral(ast.Constant(None), "an operator, which is not spelled out")


def add_index(editor: SchemaEditor, index: Call, model: Model, *, concurrently: bool = False) -> None:
    """AddIndex. Raises NotLiteral."""
    made = meta_index(index, model, editor.place)
    sql = made.sql()
    editor.execute(sql.replace("INDEX", "INDEX CONCURRENTLY", 1) if concurrently else sql)
    editor.has(model.db_table, made.made())


def add_constraint(editor: SchemaEditor, constraint: Call, model: Model, *, valid: bool = True) -> None:
    """AddConstraint. Raises NotLiteral."""
    if constraint.last == "UniqueConstraint":
        editor.run(unique(constraint, model, editor.place))
        return
    clause, made = _clause(constraint, model)
    name = quoted(name_of(constraint))
    later = "" if valid else " NOT VALID"
    editor.execute(f"ALTER TABLE {ddl.table(model.db_table)} ADD CONSTRAINT {name} {clause}{later}")
    editor.has(model.db_table, made)


def remove_constraint(editor: SchemaEditor, constraint: Call, model: Model) -> None:
    """RemoveConstraint. Raises NotLiteral."""
    given = constraint.keywords
    is_index = constraint.last == "UniqueConstraint" and (
        given.get("condition") is not None
        or given.get("include")
        or given.get("opclasses")
        or constraint.args
    )
    if is_index:
        editor.drop_index(model.db_table, name_of(constraint))
    else:
        editor.drop_constraint(model.db_table, name_of(constraint))


def _texts(value: Value, call: Call) -> list[str]:
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return list(value)
    raise NotLiteral(call.node, f"the columns of {call.last}, which are not spelled out")


def _column(name: str, model: Model, call: Call) -> str:
    field = model.field(name)
    if field is None or field.is_many or field.kind == "none":
        raise NotLiteral(call.node, f"the field {name}, which {model.name} does not have")
    return field.column
