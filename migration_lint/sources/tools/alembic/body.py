"""A function of a revision (``upgrade``, ``downgrade``), followed statement by statement.

What is literal becomes SQL. What is not is told with its line: a condition that only Python can
answer, a call of the project's own code, a value from the database.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct

from migration_lint.sources.derived import Derived
from migration_lint.sources.python.syntax import Module
from migration_lint.sources.python.values import (
    Call,
    Combined,
    Function,
    NotLiteral,
    Opaque,
    Reference,
    Value,
    arguments,
    assignment,
    evaluate,
    imported,
    short,
)
from migration_lint.sources.tools.alembic.elements import expression
from migration_lint.sources.tools.alembic.operations import enum_method, sql_of

_MOST = 10_000
"""Statements of Python that are followed in one function, loops included."""
_DEEPEST = 10
"""Calls of the file's own functions inside each other."""

_CONNECTIONS = ("alembic.op.get_bind", "alembic.op.get_context")
_HARMLESS = ("print", "warnings.warn")


class Unread(Struct, frozen=True):
    """What was not understood: the line, and what stands there."""

    line: int
    what: str


class Body(Struct, frozen=True):
    """The statements of a function in the order in which they run, and what is missing among them.

    `refuses`: it raises at once, so there is no way in this direction.
    """

    statements: tuple[Derived, ...] = ()
    unread: tuple[Unread, ...] = ()
    refuses: bool = False


class _Batch(Struct, frozen=True):
    """``with op.batch_alter_table(…) as batch_op``: its calls leave the table out."""

    table: Value
    schema: Value


class _Return(Exception):
    """The function has ended."""


def follow(module: Module, function: ast.FunctionDef, scope: dict[str, Value]) -> Body:
    """What a function of a revision does, without running any of it."""
    follower = _Follower(module, scope)
    body = [node for node in function.body if not _is_text(node)]
    if body and isinstance(body[0], ast.Raise):
        return Body(refuses=True)
    try:
        follower.run(body)
    except _Return:
        pass
    except RecursionError:
        follower.tell(function, "code that is nested too deep to be followed")
    return Body(tuple(follower.statements), tuple(follower.unread))


class _Follower:
    def __init__(self, module: Module, scope: dict[str, Value]) -> None:
        self.module = module
        self.scope = {"print": Reference("print"), **scope}
        self.statements: list[Derived] = []
        self.unread: list[Unread] = []
        self.outside = False
        self.steps = 0
        self.depth = 0

    def tell(self, node: ast.AST, what: str) -> None:
        found = Unread(self.module.line(node), what)
        if found not in self.unread:
            self.unread.append(found)

    def run(self, body: Sequence[ast.stmt]) -> None:
        for node in body:
            self.steps += 1
            if self.steps > _MOST:
                self.tell(node, f"more than {_MOST:,} statements of Python, which are not followed")
                raise _Return
            try:
                self.statement(node)
            except NotLiteral as problem:
                self.tell(node if isinstance(node, (ast.Expr, ast.Assign)) else problem.node, problem.why)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Pass() | ast.Assert() | ast.Global() | ast.Nonlocal():
                return
            case ast.Import() | ast.ImportFrom():
                self.scope.update(imported(node))
            case ast.FunctionDef(name=name):
                self.scope[name] = Function(node)
            case ast.Return():
                raise _Return
            case ast.Expr(value=ast.Constant()):
                return
            case ast.Expr(value=value):
                self.expression(value)
            case ast.Assign() | ast.AnnAssign():
                self.assign(node)
            case ast.If():
                self.branch(node)
            case ast.For():
                self.loop(node)
            case ast.With():
                self.block(node)
            case _:
                raise NotLiteral(node, f"`{short(node)}`")

    def assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        name, value = assignment(node)
        if value is None:
            if isinstance(node, ast.AnnAssign):
                return
            self.scope.update(dict.fromkeys(_bound_names(node), Opaque("a value")))
            raise NotLiteral(node, f"`{short(node)}`")
        try:
            found = self.valued(value)
        except NotLiteral:
            self.scope.pop(name or "", None)
            if any(isinstance(inner, (ast.Call, ast.Await)) for inner in ast.walk(value)):
                raise  # what is called may run SQL
            return
        if name is not None:
            self.scope[name] = found

    def valued(self, node: ast.expr) -> Value:
        """The value of an expression that may run SQL on the way."""
        value = evaluate(node, self.scope)
        if not isinstance(value, Call):
            return value
        if value.name in _CONNECTIONS:
            return Opaque("connection")
        if value.name == "sqlalchemy.inspect" or value.name.endswith(
            (".MetaData", ".table", ".column", ".Table")
        ):
            return value if value.last in ("table", "Table", "column") else Opaque("inspection")
        if value.name.startswith("alembic.op.") and value.last not in (
            "f",
            "inline_literal",
            "batch_alter_table",
        ):
            self.call(value)
            name = value.args[0] if value.last == "create_table" and value.args else None
            return Call("sqlalchemy.table", (name,), {}, value.node) if name else Opaque("nothing")
        if value.name == ".execute" and isinstance(value.receiver, Opaque):
            self.call(value)
            return Opaque("rows")
        return value

    def branch(self, node: ast.If) -> None:
        try:
            holds = _dialect_test(node.test, self.scope)
        except NotLiteral as problem:
            if node.orelse or not node.body:
                raise
            self.tell(node, f"whether {problem.why.removeprefix('`').partition('`')[0]} holds")
            self.run(node.body)
            return
        self.run(node.body if holds else node.orelse)

    def loop(self, node: ast.For) -> None:
        items = evaluate(node.iter, self.scope)
        if isinstance(items, dict):
            items = list(items)
        if not isinstance(items, (list, tuple)) or node.orelse:
            raise NotLiteral(node, f"a loop over `{short(node.iter)}`")
        names = _bound_names(node)
        for item in items:
            values = (item,) if isinstance(node.target, ast.Name) else item
            if not isinstance(values, (list, tuple)) or len(values) != len(names):
                raise NotLiteral(node, f"a loop over `{short(node.iter)}`")
            self.scope.update(zip(names, values, strict=True))
            self.run(node.body)

    def block(self, node: ast.With) -> None:
        if len(node.items) != 1:
            raise NotLiteral(node, f"`with {short(node.items[0].context_expr)}`")
        item = node.items[0]
        call = evaluate(item.context_expr, self.scope)
        target = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else None
        if isinstance(call, Call) and call.name == "alembic.op.batch_alter_table":
            table = call.args[0] if call.args else call.keywords.get("table_name")
            self.scope[target or "_"] = Opaque("batch")
            saved = self.scope.get("batch:")
            self.scope["batch:"] = _Batch(table, call.keywords.get("schema"))
            self.run(node.body)
            self.scope["batch:"] = saved
            return
        if isinstance(call, Call) and call.last in (".autocommit_block", "autocommit_block"):
            before, self.outside = self.outside, True
            self.run(node.body)
            self.outside = before
            return
        raise NotLiteral(node, f"`with {short(item.context_expr)}`")

    def expression(self, node: ast.expr) -> None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            function = self.scope.get(node.func.id)
            if isinstance(function, Function):
                self.inline(node, function.node)
                return
        value = evaluate(node, self.scope)
        if isinstance(value, Call):
            self.call(value)
        elif isinstance(value, (Combined, Opaque, Reference)):
            raise NotLiteral(node, f"`{short(node)}`")

    def inline(self, node: ast.Call, function: ast.FunctionDef) -> None:
        args, keywords = arguments(node, self.scope)
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        given = function.args
        if given.vararg or given.kwarg or self.depth >= _DEEPEST or len(args) > len(names):
            raise NotLiteral(node, f"`{short(node)}`")
        values: dict[str, Value] = {}
        for name, default in zip(reversed(names), reversed(given.defaults), strict=False):
            values[name] = evaluate(default, self.scope)
        for argument, given_default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            if given_default is not None:
                values[argument.arg] = evaluate(given_default, self.scope)
        values |= dict(zip(names, args, strict=False)) | keywords
        if set(values) != {*names, *(argument.arg for argument in given.kwonlyargs)}:
            raise NotLiteral(node, f"`{short(node)}`")
        saved = self.scope
        self.scope = {**saved, **values}
        self.depth += 1
        try:
            self.run(function.body)
        except _Return:
            if self.steps > _MOST:
                raise
        finally:
            self.scope = saved
            self.depth -= 1

    def call(self, call: Call) -> None:
        if call.name in _HARMLESS or call.name in _CONNECTIONS:
            return
        batch = self.scope.get("batch:")
        if isinstance(call.receiver, Opaque) and call.receiver.what == "batch" and isinstance(batch, _Batch):
            call = _unbatched(call, batch)
        if call.name in ("alembic.op.execute", ".execute"):
            is_ours = call.name != ".execute" or (
                isinstance(call.receiver, Opaque) and call.receiver.what.startswith("connection")
            )
            if is_ours:
                self.executed(call)
                return
        if call.name.startswith("alembic.op."):
            self.add(call, sql_of(call))
            return
        of_enum = enum_method(call)
        if of_enum is None:
            raise NotLiteral(call.node, f"`{short(call.node)}`")
        self.add(call, of_enum)

    def executed(self, call: Call) -> None:
        value = call.args[0] if call.args else call.keywords.get("sqltext", call.keywords.get("statement"))
        others = {"sqltext", "statement", "execution_options"}
        if len(call.args) > 1 or set(call.keywords) - others:
            raise NotLiteral(call.node, "SQL with parameters")
        sql = expression(value, call.node, "SQL")
        start, end = self.module.bounds(call.node)
        self.statements.append(Derived(sql, start, end, self._pieces(call.node, sql), self.outside))

    def _pieces(self, node: ast.Call, sql: str) -> tuple[tuple[int, int, int], ...]:
        """Where the text of a literal argument stands, be it in ``sa.text(…)``."""
        argument = next(iter([*node.args, *(keyword.value for keyword in node.keywords)]))
        while isinstance(argument, ast.Call) and argument.args:
            argument = argument.args[0]
        if isinstance(argument, ast.Constant) and argument.value == sql:
            return self.module.pieces(argument)
        return ()

    def add(self, call: Call, statements: Sequence[str]) -> None:
        start, end = self.module.bounds(call.node)
        self.statements += [Derived(sql, start, end, (), self.outside) for sql in statements]


def _unbatched(call: Call, batch: _Batch) -> Call:
    """A call of a batch as the call of ``op`` that it stands for."""
    name = call.name.removeprefix(".")
    table = (batch.table,)
    keywords = call.keywords
    if batch.schema is not None:
        schema = "source_schema" if name == "create_foreign_key" else "schema"
        keywords = {schema: batch.schema, **keywords}
    if name in ("add_column", "drop_column", "alter_column", "create_table_comment", "drop_table_comment"):
        args = (*table, *call.args)
    elif name in (
        "create_index",
        "drop_index",
        "create_foreign_key",
        "create_unique_constraint",
        "create_check_constraint",
        "create_primary_key",
        "drop_constraint",
    ):
        if not call.args:
            raise NotLiteral(call.node, f"`{short(call.node)}`")
        args = (call.args[0], *table, *call.args[1:])
    elif name == "f":
        args = call.args
    else:
        args = call.args
    return Call(f"alembic.op.{name}", args, keywords, call.node)


def _bound_names(node: ast.Assign | ast.For) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    found = []
    for target in targets:
        elements = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        found += [element.id for element in elements if isinstance(element, ast.Name)]
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _dialect_test(node: ast.expr, scope: dict[str, Value]) -> bool:
    """Whether a condition holds on PostgreSQL. Raises NotLiteral."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _dialect_test(node.operand, scope)
    if isinstance(node, ast.BoolOp):
        answers = [_dialect_test(value, scope) for value in node.values]
        return all(answers) if isinstance(node.op, ast.And) else any(answers)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left = _dialect(node.left, scope)
        if left is not None:
            right = evaluate(node.comparators[0], scope)
            match node.ops[0]:
                case ast.Eq():
                    return left == right
                case ast.NotEq():
                    return left != right
                case ast.In() if isinstance(right, (list, tuple)):
                    return left in right
                case ast.NotIn() if isinstance(right, (list, tuple)):
                    return left not in right
    value = evaluate(node, scope)
    if isinstance(value, (Call, Combined, Opaque, Reference)):
        raise NotLiteral(node, f"`{short(node)}`")
    return bool(value)


def _dialect(node: ast.expr, scope: dict[str, Value]) -> str | None:
    """``postgresql`` for ``op.get_bind().dialect.name`` and its like."""
    if isinstance(node, ast.Name):
        value = scope.get(node.id)
        return "postgresql" if isinstance(value, Opaque) and value.what.endswith("dialect.name") else None
    written = ast.unparse(node)
    ends = (".dialect.name", ".engine.name")
    return "postgresql" if isinstance(node, ast.Attribute) and written.endswith(ends) else None
