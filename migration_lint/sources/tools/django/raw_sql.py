"""``RunSQL``: the SQL in it, and where it stands in the file."""

from __future__ import annotations

import ast

from migration_lint.sources.ddl import literal
from migration_lint.sources.python.syntax import Module
from migration_lint.sources.python.values import NotLiteral, Reference, Value, assignment
from migration_lint.sources.tools.django.operations import Operation
from migration_lint.sources.tools.django.schema_editor import Place, SchemaEditor, Statement


def run_sql(editor: SchemaEditor, module: Module, operation: Operation, argument: str) -> None:
    """Run the SQL of ``sql`` or ``reverse_sql``: a text, or a list of texts and of (text, parameters).

    Raises NotLiteral.
    """
    value = operation.given.get(argument)
    node = _argument(operation.call.node, argument)
    if isinstance(value, Reference) and value.last == "noop":
        return
    if isinstance(value, str):
        _add(editor, module, value, node)
        return
    if not isinstance(value, (list, tuple)):
        raise NotLiteral(operation.call.node, f"{argument} of RunSQL, which is not spelled out")
    nodes = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    for number, each in enumerate(value):
        inner = nodes[number] if len(nodes) == len(value) else None
        if isinstance(each, str):
            _add(editor, module, each, inner)
        elif isinstance(each, (list, tuple)) and len(each) == 2 and isinstance(each[0], str):
            sql, parameters = each
            if parameters is None:
                part = inner.elts[0] if isinstance(inner, (ast.List, ast.Tuple)) else None
                _add(editor, module, sql, part)
            else:
                _add(editor, module, _filled(sql, parameters, operation), None)
        else:
            raise NotLiteral(operation.call.node, f"{argument} of RunSQL, which is not spelled out")


def _add(editor: SchemaEditor, module: Module, sql: str, node: ast.expr | None) -> None:
    if not sql.strip():
        return
    place = editor.place
    literal_ = _literal(node, module)
    if literal_ is not None and literal_.value == sql:
        place = Place(place.start, place.end, module.pieces(literal_))
    editor.statements.append(Statement(sql, place))


def _literal(node: ast.expr | None, module: Module) -> ast.Constant | None:
    """The literal itself: in the call, or what a name at the top of the file is set to."""
    if isinstance(node, ast.Constant):
        return node
    if isinstance(node, ast.Name):
        for statement in module.tree.body:
            name, value = assignment(statement)
            if name == node.id and isinstance(value, ast.Constant):
                return value
    return None


def _argument(node: ast.Call, name: str) -> ast.expr | None:
    position = {"sql": 0, "reverse_sql": 1}[name]
    found = next((keyword.value for keyword in node.keywords if keyword.arg == name), None)
    if found is None and len(node.args) > position:
        found = node.args[position]
    return found


def _filled(sql: str, parameters: Value, operation: Operation) -> str:
    """The SQL with its parameters, as the driver writes them."""
    if not isinstance(parameters, (list, tuple)):
        raise NotLiteral(operation.call.node, "parameters of SQL that are no list")
    values = [_value(each, operation) for each in parameters]
    try:
        return sql % tuple(values)
    except (TypeError, ValueError):
        raise NotLiteral(operation.call.node, "SQL whose parameters do not fit") from None


def _value(value: Value, operation: Operation) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return literal(value)
    raise NotLiteral(operation.call.node, "a parameter of SQL that is not spelled out")
