"""ALTER … RENAME that the server refuses: ``renameatt``, ``RenameConstraint`` and ``RenameRelation``."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.engines.postgres.situation import Situation
from migration_lint.folding.inheritance import INHERITED, has_from_above, parents_with_column
from migration_lint.names import bare, split
from migration_lint.schema import Relation, RelationKind

_RELATIONS = frozenset(
    "OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_SEQUENCE OBJECT_FOREIGN_TABLE OBJECT_INDEX".split()
)


def refusal(at: Situation, kind: str, name: str) -> str | None:
    """The first reason for which the server certainly refuses a RENAME of the relation, or of its part."""
    if not at.catalog.certain:
        return None
    if kind in _RELATIONS:
        return next(_relation(at, name), None)
    known = at.relation(name)
    if known is None or not known.complete:
        return None
    if kind in ("OBJECT_COLUMN", "OBJECT_ATTRIBUTE"):
        return next(_column(at, known), None)
    if kind == "OBJECT_TABCONSTRAINT":
        return next(_constraint(at, known), None)
    return None


def _relation(at: Situation, name: str) -> Iterator[str]:
    new = str(at.node.get("newname", ""))
    to = f"{split(name)[0]}.{new}"
    known = at.relation(name) is not None or at.index(name) is not None
    if known and (at.relation(to) is not None or at.index(to) is not None):
        yield f'relation "{new}" already exists'


def _alone(at: Situation, relation: Relation) -> bool:
    """Whether ONLY leaves tables below out."""
    only = not (at.node.get("relation") or {}).get("inh", False)
    return only and bool(at.catalog.children(relation.name))


def _column(at: Situation, relation: Relation) -> Iterator[str]:
    old, new = str(at.node.get("subname", "")), str(at.node.get("newname", ""))
    if relation.kind in (RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW) and not relation.columns:
        return
    if relation.column(old) is None:
        yield f'column "{old}" does not exist'
    if relation.of_type is not None:
        yield "cannot rename column of typed table"
    if _alone(at, relation):
        yield f'inherited column "{old}" must be renamed in child tables too'
    if parents_with_column(at.catalog, relation, old):
        yield f'cannot rename inherited column "{old}"'
    below = {child.name: child for child in at.catalog.descendants(relation.name)}
    for one in (relation, *below.values()):
        if one.column(new) is not None:
            yield f'column "{new}" of relation "{bare(one.name)}" already exists'
    family = {relation.name, *below}
    for child in below.values():
        if not family.issuperset(parents_with_column(at.catalog, child, old)):
            yield f'cannot rename inherited column "{old}"'


def _constraint(at: Situation, relation: Relation) -> Iterator[str]:
    old, new = str(at.node.get("subname", "")), str(at.node.get("newname", ""))
    constraint = relation.constraint(old)
    if constraint is None:
        return
    if constraint.kind in INHERITED and has_from_above(at.catalog, relation, constraint):
        yield f'cannot rename inherited constraint "{old}"'
    inheritable = constraint.kind in INHERITED and not constraint.no_inherit
    if inheritable and _alone(at, relation):
        yield f'inherited constraint "{old}" must be renamed in child tables too'
    if relation.constraint(new) is not None:
        yield f'constraint "{new}" for relation "{bare(relation.name)}" already exists'
