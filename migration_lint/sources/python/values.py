"""What a Python expression is worth, as far as that can be told without running anything.

Strings, numbers and collections are Python's own; a call of something imported is a `Call`, which
remembers its arguments, and a name that leads into another module a `Reference`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from msgspec import Struct

_LONGEST = 100_000
"""Of a string or list that an expression makes: ``"x" * 10**9`` is nobody's migration."""

Value = object
Scope = Mapping[str, Value]


class NotLiteral(Exception):
    """The expression's value is known only to Python. `why` says what it is."""

    def __init__(self, node: ast.AST, why: str) -> None:
        super().__init__(why)
        self.node = node
        self.why = why


class Reference(Struct, frozen=True):
    """A name of another module, by its full name: ``sqlalchemy.Integer``."""

    name: str

    @property
    def last(self) -> str:
        """The part after the last dot."""
        return self.name.rpartition(".")[2]


class Opaque(Struct, frozen=True):
    """A value that only Python knows and that may be handed on: a connection."""

    what: str


class Call(Struct, frozen=True):
    """A call of something imported; of a method of `receiver`, where there is one."""

    name: str
    args: tuple[Value, ...]
    keywords: dict[str, Value]
    node: ast.Call
    receiver: Value = None

    @property
    def last(self) -> str:
        """The part of the name after the last dot."""
        return self.name.rpartition(".")[2]


class Combined(Struct, frozen=True):
    """Calls of something imported, put together by an operator: ``Q(…) | Q(…)``."""

    operator: str
    operands: tuple[Value, ...]


class Function(Struct, frozen=True):
    """A function of the file itself."""

    node: ast.FunctionDef


_BINARY: dict[type[ast.operator], Callable[[object, object], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda a, b: a in b,  # type: ignore[operator]
    ast.NotIn: lambda a, b: a not in b,  # type: ignore[operator]
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_METHODS = frozenset("format join strip lstrip rstrip lower upper replace split removeprefix".split())
_EMPTY = ("set", "frozenset", "list", "tuple", "dict")
_BUILTIN = (*_EMPTY, "str", "int", "float", "bool")

IRRELEVANT = "irrelevant:"
"""The key of a scope under which a frozenset names arguments that need not be literal."""

_PLAIN = (str, int, float, bytes, bool, type(None))


def evaluate(node: ast.expr, scope: Scope) -> Value:
    """The value of an expression. Raises NotLiteral."""
    try:
        return _evaluate(node, scope)
    except RecursionError:
        raise NotLiteral(node, "an expression that is nested too deep") from None


def _evaluate(node: ast.expr, scope: Scope) -> Value:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name(id=name):
            if name in scope:
                return scope[name]
            raise NotLiteral(node, f"{name}, whose value only Python knows")
        case ast.Attribute(value=base, attr=attr):
            return _attribute(node, _evaluate(base, scope), attr)
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            items = _items(elements, scope)
            return tuple(items) if isinstance(node, ast.Tuple) else items
        case ast.Dict():
            return _mapping(node, scope)
        case ast.JoinedStr(values=parts):
            return "".join(_formatted(part, scope) for part in parts)
        case ast.UnaryOp(op=op, operand=operand):
            return _unary(node, op, _evaluate(operand, scope))
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(node, op, _evaluate(left, scope), _evaluate(right, scope))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(node, op, _evaluate(left, scope), _evaluate(right, scope))
        case ast.BoolOp(op=op, values=values):
            return _joined(op, values, scope)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _evaluate(body if _truth(test, scope) else other, scope)
        case ast.Call():
            return _call(node, scope)
        case ast.Starred(value=value):
            raise NotLiteral(node, f"*{ast.unparse(value)}, which is not spelled out")
        case ast.Subscript(value=base, slice=index):
            return _subscript(node, _evaluate(base, scope), _evaluate(index, scope))
    raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")


def _items(elements: list[ast.expr], scope: Scope) -> list[Value]:
    out: list[Value] = []
    for element in elements:
        if isinstance(element, ast.Starred):
            inner = _evaluate(element.value, scope)
            if not isinstance(inner, (list, tuple)):
                raise NotLiteral(element, f"`{_short(element)}`, which is not spelled out")
            out.extend(inner)
        else:
            out.append(_evaluate(element, scope))
    return out


def _mapping(node: ast.Dict, scope: Scope) -> dict[Value, Value]:
    out: dict[Value, Value] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        name = _evaluate(key, scope) if key is not None else None
        if not isinstance(name, (str, int)):
            raise NotLiteral(node, "a dictionary whose keys are not spelled out")
        out[name] = _evaluate(value, scope)
    return out


def _attribute(node: ast.Attribute, base: Value, attr: str) -> Value:
    if isinstance(base, Reference):
        return Reference(f"{base.name}.{attr}")
    if isinstance(base, Opaque):
        return Opaque(f"{base.what}.{attr}")
    raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")


def _formatted(node: ast.expr, scope: Scope) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.FormattedValue) and node.format_spec is None and node.conversion in (-1, 115):
        value = _evaluate(node.value, scope)
        if isinstance(value, (str, int)):
            return str(value)
    raise NotLiteral(node, f"`{_short(node)}` in an f-string, whose value only Python knows")


def _truth(node: ast.expr, scope: Scope) -> bool:
    value = _evaluate(node, scope)
    if not isinstance(value, (*_PLAIN, list, tuple, dict)):
        raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")
    return bool(value)


def _unary(node: ast.UnaryOp, op: ast.unaryop, value: Value) -> Value:
    if isinstance(op, ast.Not) and isinstance(value, (*_PLAIN, list, tuple, dict)):
        return not value
    if isinstance(op, ast.USub) and isinstance(value, (int, float)):
        return -value
    if isinstance(op, ast.Invert) and isinstance(value, (Call, Combined)):
        return Combined("~", (value,))
    raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")


def _binary(node: ast.BinOp, op: ast.operator, left: Value, right: Value) -> Value:
    function = _BINARY.get(type(op))
    calls = any(isinstance(side, (Call, Combined)) for side in (left, right))
    if calls and type(op) in _SIGNS:
        return Combined(_SIGNS[type(op)], (left, right))
    plain = all(isinstance(side, (*_PLAIN, list, tuple, dict)) for side in (left, right))
    repeats = isinstance(op, ast.Mult) and not (
        isinstance(left, (int, float)) and isinstance(right, (int, float))
    )
    pads = (
        isinstance(op, ast.Mod) and isinstance(left, str) and any(mark in left for mark in ("*", "%0", "%1"))
    )
    if function is None or not plain or repeats or pads:
        raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")
    try:
        return _bounded(node, function(left, right))
    except (TypeError, ValueError, ArithmeticError, KeyError):
        raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows") from None


def _bounded(node: ast.expr, value: Value) -> Value:
    if isinstance(value, (str, list, tuple, bytes)) and len(value) > _LONGEST:
        raise NotLiteral(node, "a value that is too long to be followed")
    return value


def _compared(node: ast.Compare, op: ast.cmpop, left: Value, right: Value) -> Value:
    function = _COMPARISONS.get(type(op))
    known = all(isinstance(side, (*_PLAIN, list, tuple)) for side in (left, right))
    if function is None or not known:
        raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")
    try:
        return function(left, right)
    except TypeError:
        raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows") from None


def _joined(op: ast.boolop, values: list[ast.expr], scope: Scope) -> Value:
    for each in values[:-1]:
        if _truth(each, scope) is isinstance(op, ast.Or):
            return _evaluate(each, scope)
    return _evaluate(values[-1], scope)


def _subscript(node: ast.Subscript, base: Value, index: Value) -> Value:
    try:
        if isinstance(base, dict):
            return base[index]
        if isinstance(base, (list, tuple, str)) and isinstance(index, int):
            return base[index]
    except (KeyError, IndexError, TypeError):
        pass
    raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")


def _call(node: ast.Call, scope: Scope) -> Value:
    if isinstance(node.func, ast.Attribute):
        receiver = _evaluate(node.func.value, scope)
        if isinstance(receiver, str):
            return _method_of_text(node, receiver, node.func.attr, scope)
        if isinstance(receiver, (Call, Opaque, Combined)):
            args, keywords = arguments(node, scope)
            return Call(f".{node.func.attr}", args, keywords, node, receiver)
        function = _attribute(node.func, receiver, node.func.attr)
    else:
        function = _evaluate(node.func, scope)
    if not isinstance(function, Reference):
        raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")
    args, keywords = arguments(node, scope)
    if function.name in _EMPTY and not args and not keywords:
        return [] if function.name != "dict" else {}
    if function.name in ("set", "frozenset", "list", "tuple") and len(args) == 1 and not keywords:
        items = args[0]
        if isinstance(items, (list, tuple)):
            return tuple(items) if function.name == "tuple" else list(items)
    if function.name in ("textwrap.dedent", "inspect.cleandoc") and args and isinstance(args[0], str):
        import inspect
        import textwrap

        return (textwrap.dedent if function.last == "dedent" else inspect.cleandoc)(args[0])
    return Call(function.name, args, keywords, node)


def arguments(node: ast.Call, scope: Scope) -> tuple[tuple[Value, ...], dict[str, Value]]:
    """The arguments of a call. Raises NotLiteral."""
    keywords: dict[str, Value] = {}
    irrelevant = scope.get(IRRELEVANT)
    for keyword in node.keywords:
        try:
            value = _evaluate(keyword.value, scope)
        except NotLiteral:
            if not isinstance(irrelevant, frozenset) or keyword.arg not in irrelevant:
                raise
            value = Opaque(keyword.arg or "a value")
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            keywords.update(value)
        else:
            raise NotLiteral(keyword.value, f"**{_short(keyword.value)}, which is not spelled out")
    return tuple(_items(node.args, scope)), keywords


def _method_of_text(node: ast.Call, text: str, method: str, scope: Scope) -> Value:
    args, keywords = arguments(node, scope)
    values = [*args, *keywords.values()]
    plain = all(
        isinstance(value, (str, int)) or (isinstance(value, (list, tuple)) and method == "join")
        for value in values
    )
    # A format that pads or looks into its arguments is not followed.
    safe = method in _METHODS and plain and (method != "format" or not any(mark in text for mark in ":!.["))
    if method == "format" and not safe and plain:
        import re

        safe = all(re.fullmatch(r"\w*", field) for field in re.findall(r"\{([^{}]*)\}", text))
    if not safe:
        raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows")
    try:
        return _bounded(node, getattr(text, method)(*args, **keywords))
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        raise NotLiteral(node, f"`{_short(node)}`, whose value only Python knows") from None


def _short(node: ast.AST) -> str:
    """The expression as source, cut to what fits a message."""
    try:
        text = " ".join(ast.unparse(node).split())
    except RecursionError:
        return type(node).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."


short = _short


def imported(node: ast.stmt) -> dict[str, Value]:
    """The names that an import statement binds, as references."""
    found: dict[str, Value] = {}
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            found[alias.asname or name] = Reference(name)
    elif isinstance(node, ast.ImportFrom):
        dots = "." * node.level
        for alias in node.names:
            module = f"{dots}{node.module or ''}"
            found[alias.asname or alias.name] = Reference(f"{module}.{alias.name}".lstrip("."))
    return found


def module_scope(body: list[ast.stmt]) -> dict[str, Value]:
    """The imports, functions and literal constants at the top of a file."""
    scope: dict[str, Value] = {name: Reference(name) for name in _BUILTIN}
    for node in body:
        scope.update(imported(node))
        if isinstance(node, ast.FunctionDef):
            scope[node.name] = Function(node)
            continue
        target, value = assignment(node)
        if target is None or value is None:
            continue
        try:
            scope[target] = evaluate(value, scope)
        except NotLiteral:
            scope.pop(target, None)
    return scope


def assignment(node: ast.stmt) -> tuple[str | None, ast.expr | None]:
    """(name, value) of ``name = value``, annotated or not."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return name, value
    return None, None
