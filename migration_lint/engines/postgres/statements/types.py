"""Types: enums, domains, composite and range types, and what DEFINE-like statements make."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import (
    AddEnumValue,
    AlterDomain,
    CreateRoutine,
    CreateType,
    Effect,
    OtherChange,
    RenameEnumValue,
)
from migration_lint.engines.postgres.domains import Users, users_of
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.naming import free_name
from migration_lint.engines.postgres.nodes import Node, body, is_null, names, tag
from migration_lint.engines.postgres.prediction import Prediction, lock, scan
from migration_lint.engines.postgres.scan import after_word
from migration_lint.engines.postgres.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.names import split
from migration_lint.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Expression,
    Relation,
    RelationKind,
    Routine,
    TypeKind,
    UserType,
)

_ENUM_VALUES_IN_TRANSACTIONS_SINCE = 12


def _taken(name: str, at: Situation) -> str | None:
    """A relation's name is its row type's too."""
    return f'type "{name}" already exists' if name in at.catalog.types or at.relation(name) else None


def _new(parts: list[str], at: Situation) -> str:
    return ".".join(parts[-2:]) if len(parts) > 1 else f"{at.creation_schema}.{(parts or [''])[0]}"


# --- enums ---------------------------------------------------------------------------------------


def create_enum_stmt(at: Situation) -> Prediction:
    """CREATE TYPE … AS ENUM."""
    name = _new(names(at.node.get("typeName")), at)
    labels = tuple(names(at.node.get("vals")))
    made = UserType(name, TypeKind.ENUM, labels=labels)
    twice = next((label for label in labels if labels.count(label) > 1), None)
    refused = f'the value "{twice}" is listed more than once' if twice is not None else None
    return Prediction((CreateType(relation=name, type=made),), refused=_taken(name, at) or refused)


def alter_enum_stmt(at: Situation) -> Prediction:
    """ALTER TYPE … ADD VALUE or RENAME VALUE: only the type is locked, and no table."""
    node = at.node
    name = at.type_name(names(node.get("typeName")))
    known = at.catalog.types.get(name)
    value = node.get("newVal", "")
    if "oldVal" in node:
        return _renamed_value(name, known, node["oldVal"], value)
    neighbour = node.get("newValNeighbor")
    if_not_exists = bool(node.get("skipIfNewValExists", False))
    change = AddEnumValue(
        relation=name,
        value=value,
        neighbour=neighbour,
        position=("after" if node.get("newValIsAfter") else "before") if neighbour is not None else None,
        if_not_exists=if_not_exists,
    )
    made_here = known is not None and known.origin is not None and known.origin == at.origin
    free = at.version >= _ENUM_VALUES_IN_TRANSACTIONS_SINCE or (made_here and at.in_transaction)
    refused = None
    if known is not None and value in known.labels and not if_not_exists:
        refused = f'the type {name} has a value "{value}" already'
    elif known is not None and neighbour is not None and neighbour not in known.labels:
        refused = f'the type {name} has no value "{neighbour}"'
    rule = TransactionRule.ALLOWED if free else TransactionRule.FORBIDDEN
    return Prediction((change,), rule, refused)


def _renamed_value(name: str, known: UserType | None, old: str, new: str) -> Prediction:
    refused = None
    if known is not None and old not in known.labels:
        refused = f'the type {name} has no value "{old}"'
    elif known is not None and new in known.labels:
        refused = f'the type {name} has a value "{new}" already'
    return Prediction((RenameEnumValue(relation=name, value=old, to=new),), refused=refused)


# --- domains -------------------------------------------------------------------------------------


def create_domain_stmt(at: Situation) -> Prediction:
    """CREATE DOMAIN."""
    node = at.node
    name = _new(names(node.get("domainname")), at)
    default: Expression | None = None
    written = False
    not_null = False
    constraints: list[Constraint] = []
    for item in node.get("constraints") or ():
        fields = body(item)
        if fields.get("contype") == "CONSTR_DEFAULT":
            written = True
            if not is_null(fields.get("raw_expr")):
                default = at.expression(fields.get("raw_expr"), at.default_text(fields))
        elif fields.get("contype") == "CONSTR_NOTNULL":
            not_null = True
        elif fields.get("contype") == "CONSTR_CHECK":
            constraints.append(_constraint(fields, name, constraints, at))
    base = at.type(node["typeName"]) if "typeName" in node else None
    below = at.catalog.types.get(base.name) if base is not None and not base.dimensions else None
    if below is not None and not written:  # the default of the domain below is copied, once
        default = below.default
    made = UserType(
        name,
        TypeKind.DOMAIN,
        base=base,
        not_null=not_null,
        default=default,
        constraints=tuple(constraints),
    )
    return Prediction((CreateType(relation=name, type=made),), refused=_taken(name, at))


def _constraint(node: Node, domain: str, others: list[Constraint], at: Situation) -> Constraint:
    null = node.get("contype") == "CONSTR_NOTNULL"
    taken = {constraint.name for constraint in others}
    label = "not_null" if null else "check"
    return Constraint(
        node.get("conname") or free_name(split(domain)[1], "", label, taken.__contains__),
        ConstraintKind.NOT_NULL if null else ConstraintKind.CHECK,
        validated=not node.get("skip_validation", False),
        expression=None if null else at.expression(node.get("raw_expr"), at.check_text(node)),
        named="conname" in node,
    )


def alter_domain_stmt(at: Situation) -> Prediction:
    """ALTER DOMAIN. What checks existing values reads every table with a column of the domain."""
    node = at.node
    name = at.type_name(names(node.get("typeName")))
    known = at.catalog.types.get(name)
    users = users_of(name, at.catalog)
    action, constraint, checks = _domain_action(node, name, known, at)
    change = AlterDomain(
        relation=name,
        action=action,
        constraint=constraint,
        default=at.expression(node.get("def"), after_word(at.sql, "default"))
        if node.get("subtype") == "T"
        else None,
        users=users.tables,
        certain=known is not None or action in ("set default", "drop default"),
    )
    refused = None
    if action == "drop constraint" and known is not None and not node.get("missing_ok"):
        there = any(constraint is not None and own.name == constraint.name for own in known.constraints)
        refused = None if there else f'constraint "{node.get("name", "")}" of domain "{name}" does not exist'
    if not checks:
        return Prediction((change,), refused=refused)
    if users.contained_in is not None:
        refused = f"{users.contained_in} holds the domain inside another type, which cannot be checked"
    return Prediction((change, *_checked(users)), refused=refused)


def _checked(users: Users) -> list[Effect]:
    found: list[Effect] = []
    for table in users.tables:
        found += [lock(table, Mode.ShareLock), scan(table)]
    return found


def _domain_action(
    node: Node, name: str, known: UserType | None, at: Situation
) -> tuple[str, Constraint | None, bool]:
    """The action, the constraint it is about, and whether it checks the values that are there."""
    kind = node.get("subtype", "")
    if kind == "T":
        return ("set default" if "def" in node else "drop default"), None, False
    if kind == "O":
        return "set not null", None, known is None or not known.not_null
    if kind == "N":
        return "drop not null", None, False
    if kind == "C":
        fields = body(node.get("def") or {})
        made = _constraint(fields, name, list(known.constraints) if known else [], at)
        if made.kind is ConstraintKind.NOT_NULL:
            return "set not null", made, known is None or not known.not_null
        return "add constraint", made, made.validated
    found = next((c for c in (known.constraints if known else ()) if c.name == node.get("name")), None)
    if kind == "V":
        valid = (
            replace(found, validated=True)
            if found is not None
            else Constraint(node["name"], ConstraintKind.CHECK)
        )
        return "validate constraint", valid, True
    return "drop constraint", found or Constraint(node.get("name", ""), ConstraintKind.CHECK), False


# --- composite, range and base types -------------------------------------------------------------


def composite_type_stmt(at: Situation) -> Prediction:
    """CREATE TYPE … AS (…)."""
    name = at.new_name(at.node.get("typevar") or {})
    columns = []
    for item in at.node.get("coldeflist") or ():
        fields = body(item)
        collation = ".".join(names((fields.get("collClause") or {}).get("collname"))) or None
        columns.append(Column(fields.get("colname", ""), at.type(fields["typeName"]), collation=collation))
    made = Relation(name, RelationKind.COMPOSITE_TYPE, tuple(columns))
    change = CreateType(relation=name, type=UserType(name, TypeKind.COMPOSITE), composite=made)
    return Prediction((change,), refused=_taken(name, at))


def create_range_stmt(at: Situation) -> Prediction:
    """CREATE TYPE … AS RANGE."""
    name = _new(names(at.node.get("typeName")), at)
    return Prediction((CreateType(relation=name, type=UserType(name, TypeKind.RANGE)),))


def define_stmt(at: Situation) -> Prediction:
    """CREATE TYPE (base), AGGREGATE, OPERATOR, COLLATION, TEXT SEARCH …: none is about a relation."""
    node = at.node
    name = _new(names(node.get("defnames")), at)
    kind = node.get("kind", "").removeprefix("OBJECT_")
    if kind == "TYPE":
        return Prediction((CreateType(relation=name, type=UserType(name, TypeKind.BASE)),))
    if kind == "AGGREGATE":
        arguments = next((body(item) for item in node.get("args") or () if tag(item) == "List"), {})
        made = Routine(name, len(arguments.get("items") or ()), "immutable", "internal")
        change = CreateRoutine(relation=name, routine=made, replace=bool(node.get("replace", False)))
        return Prediction((change,))
    words = kind.lower().replace("ts", "text search ", 1) if kind.startswith("TS") else kind.lower()
    return Prediction((OtherChange(relation=name, what=f"create {words}"),))


def alter_type_stmt(at: Situation) -> Prediction:
    """ALTER TYPE … SET (…) of a base type."""
    name = at.type_name(names(at.node.get("typeName")))
    return Prediction((OtherChange(relation=name, what="alter type"),))
