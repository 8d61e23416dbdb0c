"""DROP of every kind of object: ``RemoveRelations`` and ``RemoveObjects``.

Every relation that goes, and every table that loses a constraint, trigger, policy or default, is
locked ACCESS EXCLUSIVE; a foreign key has triggers on both its tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from migration_lint.effects import (
    AlterPublication,
    DropExtension,
    DropPolicy,
    DropRoutine,
    DropRule,
    DropSchema,
    DropTrigger,
    DropType,
    Effect,
    OtherChange,
)
from migration_lint.engines.postgres.dependents import Removal, Thing, removal
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, name_list, names, tag
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.situation import Situation
from migration_lint.engines.postgres.statements.drop_effects import change_of, dropped_relation, locks_of
from migration_lint.engines.postgres.statements.drop_extensions import things_of_extension
from migration_lint.engines.postgres.statements.drop_indexes import drop_indexes
from migration_lint.names import bare, split
from migration_lint.schema import Relation, RelationKind, TypeKind

_EXCLUSIVE = Mode.AccessExclusiveLock
_KINDS = {
    "OBJECT_TABLE": ("table", (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE)),
    "OBJECT_VIEW": ("view", (RelationKind.VIEW,)),
    "OBJECT_MATVIEW": ("materialized view", (RelationKind.MATERIALIZED_VIEW,)),
    "OBJECT_SEQUENCE": ("sequence", (RelationKind.SEQUENCE,)),
    "OBJECT_FOREIGN_TABLE": ("foreign table", (RelationKind.FOREIGN_TABLE,)),
}


def drop_stmt(at: Situation) -> Prediction:
    """DROP …, of one or several objects, which go together."""
    kind = str(at.node.get("removeType", ""))
    if kind == "OBJECT_INDEX":
        return drop_indexes(at)
    if kind in _KINDS:
        return _relations(at, kind)
    return _HANDLERS.get(kind, _others)(at)


def _objects(at: Situation) -> list[Node]:
    return list(at.node.get("objects") or ())


def _cascades(at: Situation) -> bool:
    return at.node.get("behavior") == "DROP_CASCADE"


def _missing_ok(at: Situation) -> bool:
    return bool(at.node.get("missing_ok", False))


def _with_dependents(
    effects: list[Effect], roots: Iterable[Thing], shown: str, at: Situation, inside: str | None = None
) -> Prediction:
    """The effects, and those of all that goes with the roots; `inside` a schema that goes as a whole."""
    roots = list(roots)
    found = removal(roots, at)
    for thing in found.silent:
        effects += locks_of(thing, at)
    for thing in found.others if _cascades(at) else ():
        if inside is None or split(thing.name)[0] != inside:
            effects += change_of(thing, at)
        effects += locks_of(thing, at)
    return Prediction(tuple(effects), refused=_refusal(found, shown, at))


def _refusal(found: Removal, shown: str, at: Situation) -> str | None:
    if _cascades(at) or not found.others:
        return None
    needed = ", ".join(str(thing) for thing in found.others[:3])
    more = ", …" if len(found.others) > 3 else ""
    return f"cannot drop {shown} because other objects depend on it ({needed}{more})"


# --- relations -----------------------------------------------------------------------------------


def _relations(at: Situation, kind: str) -> Prediction:
    word, kinds = _KINDS[kind]
    effects: list[Effect] = []
    roots: list[Thing] = []
    refused: str | None = None
    for clause, item in enumerate(_objects(at)):
        name = at.qualified(name_list(item))
        known = at.relation(name)
        if known is None and _missing_ok(at) and at.catalog.complete:
            continue
        certain = known is not None or not _missing_ok(at)
        effects.append(dropped_relation(name, kinds[0], _cascades(at), _missing_ok(at), clause))
        effects.append(lock(name, _EXCLUSIVE, clause=clause, certain=certain))
        if known is None:
            continue
        roots.append(Thing("relation", name))
        if known.kind not in kinds:
            refused = refused or f'"{bare(name)}" is not a {word}'
        refused = refused or _required(known, at)
    shown = f"{word} {bare(roots[0].name)}" if len(roots) == 1 else "desired object(s)"
    prediction = _with_dependents(effects, roots, shown, at)
    return Prediction(prediction.effects, refused=refused or prediction.refused)


def _required(known: Relation, at: Situation) -> str | None:
    """An identity column keeps its sequence."""
    if known.owned_by is None:
        return None
    table, name = known.owned_by
    owner = at.relation(table)
    column = owner.column(name) if owner is not None else None
    if column is None or column.identity is None:
        return None
    return f"cannot drop sequence {bare(known.name)} because column {name} of table {bare(table)} requires it"


# --- parts of tables -----------------------------------------------------------------------------


def _parts(at: Situation) -> Prediction:
    effects: list[Effect] = []
    refused = None
    for item in _objects(at):
        parts = name_list(item)
        relation, name = at.qualified(parts[:-1]), parts[-1]
        known = at.relation(relation)
        there = _is_there(known, name, at)
        if there is False and _missing_ok(at):
            continue
        kind = at.node["removeType"]
        if kind == "OBJECT_TRIGGER":
            effects.append(DropTrigger(relation=relation, trigger=name, if_exists=_missing_ok(at)))
            refused = refused or _inherited_trigger(known, name, at)
            part = Thing("trigger", relation, name)
        elif kind == "OBJECT_POLICY":
            effects.append(DropPolicy(relation=relation, policy=name))
            part = Thing("policy", relation, name)
        else:
            effects.append(DropRule(relation=relation, rule=name))
            part = Thing("rule", relation, name)
        certain = there is True or not _missing_ok(at)
        effects.append(lock(relation, _EXCLUSIVE, certain=certain))
        effects += locks_of(part, at)
    return Prediction(tuple(effects), refused=refused)


def _is_there(known: Relation | None, name: str, at: Situation) -> bool | None:
    """Whether the table has a trigger, policy or rule of that name; None where it is not known."""
    if known is None:
        return False if at.catalog.complete else None
    kind = at.node["removeType"]
    if kind == "OBJECT_TRIGGER":
        there = {trigger.name for trigger in known.triggers}
    elif kind == "OBJECT_POLICY":
        there = {policy.name for policy in known.policies}
    else:
        there = {rule.name for rule in known.rules}
    if name in there:
        return True
    return False if known.complete and at.catalog.complete else None


def _inherited_trigger(known: Relation | None, name: str, at: Situation) -> str | None:
    parent = at.relation(known.partition_of) if known is not None and known.partition_of else None
    above = parent.trigger(name) if parent is not None else None
    if known is None or parent is None or above is None or not above.row:
        return None
    return (
        f"cannot drop trigger {name} on table {bare(known.name)} "
        f"because trigger {name} on table {bare(parent.name)} requires it"
    )


# --- types and routines --------------------------------------------------------------------------


def _types(at: Situation) -> Prediction:
    effects: list[Effect] = []
    roots: list[Thing] = []
    refused = None
    domain = at.node["removeType"] == "OBJECT_DOMAIN"
    for clause, item in enumerate(_objects(at)):
        name = at.type_name(name_list(item))
        relation = at.relation(name)
        user_type = at.catalog.types.get(name)
        if relation is None and user_type is None and _missing_ok(at) and at.catalog.complete:
            continue
        kind = "domain" if domain or (user_type and user_type.kind is TypeKind.DOMAIN) else "type"
        effects.append(
            DropType(
                relation=name, kind=kind, cascade=_cascades(at), if_exists=_missing_ok(at), clause=clause
            )
        )
        if relation is not None and relation.kind is not RelationKind.COMPOSITE_TYPE:
            word = relation.kind.value.removeprefix("partitioned ")
            refused = f"cannot drop type {bare(name)} because {word} {bare(name)} requires it"
        roots.append(Thing("relation" if relation is not None else "type", name))
    shown = f"type {bare(roots[0].name)}" if len(roots) == 1 else "desired object(s)"
    prediction = _with_dependents(effects, roots, shown, at)
    return Prediction(prediction.effects, refused=refused or prediction.refused)


def _routines(at: Situation) -> Prediction:
    effects: list[Effect] = []
    roots: list[Thing] = []
    for clause, item in enumerate(_objects(at)):
        parts = names(body(item).get("objname"))
        known = at.routine(parts)
        if known is None and _missing_ok(at) and at.catalog.complete:
            continue
        name = known.name if known is not None else _in_schema(parts, at)
        effects.append(
            DropRoutine(relation=name, cascade=_cascades(at), if_exists=_missing_ok(at), clause=clause)
        )
        roots.append(Thing("routine", name))
    shown = f"function {bare(roots[0].name)}" if len(roots) == 1 else "desired object(s)"
    return _with_dependents(effects, roots, shown, at)


def _in_schema(parts: list[str], at: Situation) -> str:
    return ".".join(parts[-2:]) if len(parts) > 1 else f"{at.creation_schema}.{''.join(parts)}"


# --- schemas and extensions ----------------------------------------------------------------------


def _schemas(at: Situation) -> Prediction:
    effects: list[Effect] = []
    refused = None
    for clause, item in enumerate(_objects(at)):
        schema = name_list(item)[0]
        if schema not in at.catalog.schemas and _missing_ok(at) and at.catalog.complete:
            continue
        inside = [
            *(Thing("relation", name) for name in at.catalog.relations if split(name)[0] == schema),
            *(Thing("type", name) for name in at.catalog.types if split(name)[0] == schema),
            *(Thing("routine", name) for name in at.catalog.routines if split(name)[0] == schema),
        ]
        change = DropSchema(relation=schema, cascade=_cascades(at), if_exists=_missing_ok(at), clause=clause)
        inside.sort(key=lambda thing: thing.name)
        prediction = _with_dependents([change], inside, f"schema {schema}", at, schema)
        effects += prediction.effects
        if inside and not _cascades(at):
            shown = Removal((), tuple(inside))
            refused = refused or _refusal(shown, f"schema {schema}", at)
    return Prediction(tuple(effects), refused=refused)


def _extensions(at: Situation) -> Prediction:
    effects: list[Effect] = []
    things: list[Thing] = []
    for item in _objects(at):
        name = name_list(item)[0]
        if name not in at.catalog.extensions and _missing_ok(at) and at.catalog.complete:
            continue
        effects.append(DropExtension(relation=name, cascade=_cascades(at)))
        things += things_of_extension(name, at.catalog)
    return _needed_by(effects, things, f"extension {name_list(_objects(at)[0])[0]}", at)


def _servers(at: Situation) -> Prediction:
    names_ = [name_list(item)[0] for item in _objects(at)]
    tables = [Thing("relation", known.name) for known in at.catalog.foreign_tables(names_)]
    dropped: list[Effect] = [OtherChange(relation=name, what="DROP SERVER") for name in names_]
    return _needed_by(dropped, tables, f"server {names_[0]}", at)


def _needed_by(effects: list[Effect], things: list[Thing], shown: str, at: Situation) -> Prediction:
    """The effects, and those of the things, which need what is dropped."""
    if not _cascades(at):
        return Prediction(tuple(effects), refused=_refusal(Removal((), tuple(things)), shown, at))
    for thing in things:
        effects += change_of(thing, at)
    return _with_dependents(effects, things, shown, at)


# --- what no relation depends on -----------------------------------------------------------------


def _collations(at: Situation) -> Prediction:
    effects: list[Effect] = []
    things: list[Thing] = []
    for item in _objects(at):
        parts = name_list(item)
        effects.append(OtherChange(relation=_in_schema(parts, at), what="DROP COLLATION"))
        for relation in sorted(at.catalog.relations.values(), key=lambda known: known.name):
            for column in relation.columns:
                if column.collation is not None and column.collation.rpartition(".")[2] == parts[-1]:
                    things.append(Thing("column", relation.name, column.name))
    return _needed_by(effects, things, f"collation {name_list(_objects(at)[0])[-1]}", at)


def _publications(at: Situation) -> Prediction:
    found = [
        AlterPublication(relation=name_list(item)[0], action="drop publication") for item in _objects(at)
    ]
    return Prediction(tuple(found))


def _statistics(at: Situation) -> Prediction:
    found: list[Effect] = []
    for item in _objects(at):
        parts = name_list(item)
        found.append(OtherChange(relation=_in_schema(parts, at), what="DROP STATISTICS"))
        for relation in sorted(at.catalog.relations.values(), key=lambda known: known.name):
            known = [name for name in relation.statistics if bare(name) == parts[-1]]
            if known:
                found.append(lock(relation.name, Mode.ShareUpdateExclusiveLock))
    return Prediction(tuple(found))


def _others(at: Situation) -> Prediction:
    kind = str(at.node.get("removeType", "")).removeprefix("OBJECT_").replace("_", " ")
    return Prediction(tuple(OtherChange(relation=_shown(item), what=f"DROP {kind}") for item in _objects(at)))


def _shown(item: Node) -> str:
    """The name of an object of a kind that the catalog does not keep."""
    if tag(item) == "ObjectWithArgs":
        return ".".join(names(body(item).get("objname")))
    if tag(item) != "List":
        return ".".join(name_list(item))
    return ".".join(part for inner in body(item).get("items") or () for part in name_list(inner)[-1:])


_HANDLERS: dict[str, Callable[[Situation], Prediction]] = {
    "OBJECT_TRIGGER": _parts,
    "OBJECT_POLICY": _parts,
    "OBJECT_RULE": _parts,
    "OBJECT_TYPE": _types,
    "OBJECT_DOMAIN": _types,
    "OBJECT_FUNCTION": _routines,
    "OBJECT_PROCEDURE": _routines,
    "OBJECT_ROUTINE": _routines,
    "OBJECT_AGGREGATE": _routines,
    "OBJECT_SCHEMA": _schemas,
    "OBJECT_EXTENSION": _extensions,
    "OBJECT_FOREIGN_SERVER": _servers,
    "OBJECT_COLLATION": _collations,
    "OBJECT_PUBLICATION": _publications,
    "OBJECT_STATISTIC_EXT": _statistics,
}
