"""``Q(price__gt=0)``, ``F("name").desc()``, ``Lower("name")`` as SQL.

https://docs.djangoproject.com/en/stable/ref/models/expressions/; compared with what Django runs in the
tests. What is not understood raises NotLiteral: half a condition would be another one.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from migration_lint.names import quoted
from migration_lint.sources.ddl import literal
from migration_lint.sources.python.values import Call, Combined, NotLiteral, Reference, Value, short
from migration_lint.sources.tools.django.state import Model

_COMPARISONS = {
    "exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
    "contained_by": "<@", "overlap": "&&", "not_lt": "&>", "not_gt": "&<", "adjacent_to": "-|-",
    "fully_lt": "<<", "fully_gt": ">>", "has_key": "?", "regex": "~", "iregex": "~*",
}  # fmt: skip
_PATTERNS = {
    "contains": ("LIKE", "%", "%"),
    "startswith": ("LIKE", "", "%"),
    "endswith": ("LIKE", "%", ""),
    "icontains": ("ILIKE", "%", "%"),
    "istartswith": ("ILIKE", "", "%"),
    "iendswith": ("ILIKE", "%", ""),
}
_FUNCTIONS = {
    "Lower": "LOWER", "Upper": "UPPER", "Length": "LENGTH", "Coalesce": "COALESCE", "Abs": "ABS",
    "Trim": "BTRIM", "LTrim": "LTRIM", "RTrim": "RTRIM", "Round": "ROUND", "Greatest": "GREATEST",
    "Least": "LEAST", "NullIf": "NULLIF", "MD5": "MD5", "Reverse": "REVERSE", "Left": "LEFT",
    "Substr": "SUBSTRING", "Ceil": "CEILING", "Floor": "FLOOR", "Sqrt": "SQRT", "Mod": "MOD",
    "Right": "RIGHT", "Power": "POWER",
}  # fmt: skip
_CONSTANTS = {
    "Now": "STATEMENT_TIMESTAMP()",
    "TransactionNow": "CURRENT_TIMESTAMP",
    "RandomUUID": "GEN_RANDOM_UUID()",
    "Random": "RANDOM()",
    "Pi": "PI()",
}


def condition(value: Value, model: Model) -> str:
    """A ``Q``, or several of them joined, as a condition. Raises NotLiteral."""
    return _condition(value, model)


def _condition(value: Value, model: Model, *, negated: bool = False) -> str:
    match value:
        case Combined(operator="~", operands=(inner,)):
            return f"NOT ({_condition(inner, model, negated=not negated)})"
        case Combined(operator="&" | "|" as sign, operands=operands):
            word = " AND " if sign == "&" else " OR "
            parts = [_condition(each, model, negated=negated) for each in operands]
            return word.join(f"({part})" if " OR " in part or " AND " in part else part for part in parts)
        case Call() if value.last == "Q":
            return _of_q(value, model, negated=negated)
        case Call():
            return expression(value, model)
    raise _unknown(value, "a condition")


def _of_q(q: Call, model: Model, *, negated: bool) -> str:
    given = dict(q.keywords)
    word = given.pop("_connector", "AND")
    inverted = given.pop("_negated", False) is True
    if word not in ("AND", "OR"):
        raise _unknown(q, "a condition")
    negated = negated is not inverted
    parts = []
    for each in [*q.args, *given.items()]:
        if isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str):
            parts.append(_lookup(each[0], each[1], model, negated=negated))
        else:
            parts.append(_condition(each, model, negated=negated))
    joined = f" {word} ".join(f"({p})" if " OR " in p or " AND " in p else p for p in parts)
    return f"NOT ({joined})" if inverted else joined


def _lookup(path: str, value: Value, model: Model, *, negated: bool) -> str:
    """``price__gt`` and a value. Under NOT, Django adds that a column that may be NULL is none."""
    name, *lookups = path.split("__")
    field = model.field(name)
    if field is None or field.is_many or field.kind == "none":
        raise NotLiteral(ast.Constant(None), f"the condition {path}")
    column = quoted(field.column)
    lookup = lookups[-1] if lookups else "exact"
    if len(lookups) > 1 or (lookup not in _COMPARISONS and lookup not in _PATTERNS and lookup not in _OTHERS):
        raise NotLiteral(ast.Constant(None), f"the condition {path}")
    if lookup == "isnull":
        return f"{column} IS {'' if value else 'NOT '}NULL"
    if lookup == "exact" and value is None:
        return f"{column} IS NULL"
    sql = _compared(column, lookup, value, model, text=field.kind in _TEXTS)
    return f"{sql} AND {column} IS NOT NULL" if negated and field.null else sql


_OTHERS = ("isnull", "in", "range", "iexact")
_TEXTS = ("CharField", "TextField", "SlugField", "EmailField", "URLField", "FileField")


def _compared(column: str, lookup: str, value: Value, model: Model, *, text: bool) -> str:
    if lookup == "in":
        items = list(value) if isinstance(value, (list, tuple, set, frozenset)) else None
        if not items:
            raise _unknown(value, "a list of values")
        return f"{column} IN ({', '.join(expression(each, model, plain=True) for each in items)})"
    if lookup == "range":
        if not isinstance(value, (list, tuple)) or len(value) != 2:
            raise _unknown(value, "a range")
        low, high = (expression(each, model, plain=True) for each in value)
        return f"{column} BETWEEN {low} AND {high}"
    if lookup in _PATTERNS and (text or lookup != "contains"):
        word, before, after = _PATTERNS[lookup]
        if not isinstance(value, str):
            raise _unknown(value, "a text")
        escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        # Django writes the pattern as an escape string where there is a backslash in it.
        pattern = before + escaped + after
        written = "E" + literal(pattern.replace("\\", "\\\\")) if "\\" in pattern else literal(pattern)
        if word == "ILIKE":
            return f"UPPER({column}::text) LIKE UPPER({written})"
        return f"{column}::text LIKE {written}"
    if lookup == "iexact":
        return f"UPPER({column}::text) = UPPER({expression(value, model, plain=True)})"
    if lookup == "contains":
        raise _unknown(value, "a lookup")
    return f"{column} {_COMPARISONS[lookup]} {expression(value, model, plain=True)}"


def expression(value: Value, model: Model, *, plain: bool = False) -> str:
    """An expression as SQL; a text is a column's name, or with `plain` a text. Raises NotLiteral."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return literal(value) if plain else _column(value, model)
    if value is None:
        return "NULL"
    if isinstance(value, Combined) and value.operator in "+-*/%" and len(value.operands) == 2:
        left, right = (expression(each, model, plain=True) for each in value.operands)
        return f"({left} {value.operator} {right})"
    if isinstance(value, Combined):
        return f"({_condition(value, model)})"
    if isinstance(value, Call):
        return _of_call(value, model)
    raise _unknown(value, "an expression")


def _of_call(call: Call, model: Model) -> str:
    name = call.last
    if call.name in (".desc", ".asc"):
        return expression(call.receiver, model) + _order(call)
    if name in ("F", "OuterRef") and call.args and isinstance(call.args[0], str):
        return _column(call.args[0], model)
    if name == "Value" and call.args:
        return expression(call.args[0], model, plain=True)
    if name == "Q":
        return f"({_condition(call, model)})"
    if name in _CONSTANTS and not call.args:
        return _CONSTANTS[name]
    if name in _FUNCTIONS and call.args and not set(call.keywords) - {"output_field"}:
        return f"{_FUNCTIONS[name]}({', '.join(expression(each, model) for each in call.args)})"
    if name == "Concat" and call.args:
        parts = [f"COALESCE({expression(each, model)}, '')" for each in call.args]
        return f"({' || '.join(parts)})"
    if name == "OpClass" and len(call.args) + len(call.keywords) == 2:
        inner = expression(call.args[0] if call.args else call.keywords.get("expression"), model)
        return f"{inner} {call.keywords.get('name', call.args[-1] if call.args else '')}"
    if name == "Cast" and len(call.args) == 2:
        return _cast(call, model)
    if name == "Collate" and len(call.args) == 2 and isinstance(call.args[1], str):
        return f"{expression(call.args[0], model)} COLLATE {quoted(call.args[1])}"
    if name == "ExpressionWrapper":
        return expression(call.args[0] if call.args else call.keywords.get("expression"), model)
    raise _unknown(call, "an expression")


def _cast(call: Call, model: Model) -> str:
    from migration_lint.sources.tools.django.column_types import PLAIN

    target = call.args[1]
    last = target.last if isinstance(target, (Call, Reference)) else ""
    if last not in PLAIN:
        raise _unknown(call, "an expression")
    return f"({expression(call.args[0], model)})::{PLAIN[last]}"


def _order(call: Call) -> str:
    word = " DESC" if call.name == ".desc" else " ASC"
    if call.keywords.get("nulls_first"):
        return f"{word} NULLS FIRST"
    return f"{word} NULLS LAST" if call.keywords.get("nulls_last") else word


def _column(name: str, model: Model) -> str:
    field = model.field(name)
    if field is None or field.is_many or field.kind == "none":
        raise NotLiteral(ast.Constant(None), f"the column {name}")
    return quoted(field.column)


def index_parts(values: Sequence[Value], model: Model) -> list[str]:
    """The expressions of an index, each in parentheses where the server wants them. Raises NotLiteral."""
    return [_part(value, model) for value in values]


def _part(value: Value, model: Model) -> str:
    """Operator class and order stand outside the parentheses."""
    if isinstance(value, str):
        return _column(value.lstrip("-"), model) + (" DESC" if value.startswith("-") else "")
    if isinstance(value, Call):
        if value.name in (".desc", ".asc"):
            return _part(value.receiver, model) + _order(value)
        if value.last == "F":
            return expression(value, model)
        if value.last == "OpClass":
            inner = value.args[0] if value.args else value.keywords.get("expression")
            name = value.keywords.get("name", value.args[1] if len(value.args) > 1 else "")
            return f"{_part(inner, model)} {name}"
        if value.last == "Collate" and len(value.args) == 2 and isinstance(value.args[1], str):
            return f"{_part(value.args[0], model)} COLLATE {quoted(value.args[1])}"
    return f"({expression(value, model)})"


def _unknown(value: Value, what: str) -> NotLiteral:
    node = value.node if isinstance(value, Call) else ast.Constant(None)
    written = f" (`{short(node)}`)" if isinstance(value, Call) else ""
    return NotLiteral(node, f"{what} of a kind that is not known here{written}")
