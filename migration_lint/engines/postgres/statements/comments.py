"""COMMENT, SECURITY LABEL and extended statistics.

A comment on a relation or column takes ``SHARE UPDATE EXCLUSIVE``; one on what belongs to a table
(constraint, trigger, rule, policy) only opens the table (``get_object_address_relobject``).
"""

from __future__ import annotations

from migration_lint.effects import Comment, CreateStatistics, Effect, OtherChange
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.naming import columns_part, object_name
from migration_lint.engines.postgres.nodes import body, name_list, names, tag
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.situation import Situation
from migration_lint.names import split

_RELATIONS = frozenset(
    "OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_SEQUENCE OBJECT_FOREIGN_TABLE OBJECT_COLUMN".split()
)
_BELONGING = frozenset("OBJECT_TABCONSTRAINT OBJECT_TRIGGER OBJECT_RULE OBJECT_POLICY".split())
_TYPES = ("OBJECT_TYPE", "OBJECT_DOMAIN", "OBJECT_DOMCONSTRAINT")


def comment_stmt(at: Situation) -> Prediction:
    """COMMENT ON."""
    return _commented(at)


def sec_label_stmt(at: Situation) -> Prediction:
    """SECURITY LABEL ON."""
    return _commented(at)


def _commented(at: Situation) -> Prediction:
    kind, target = at.node.get("objtype", ""), at.node.get("object") or {}
    parts = name_list(target)
    if kind in _BELONGING or kind == "OBJECT_COLUMN":
        parts = parts[:-1]
    if kind in _RELATIONS:
        relation = at.qualified(parts)
        return Prediction((Comment(relation=relation), lock(relation, Mode.ShareUpdateExclusiveLock)))
    if kind in _BELONGING:
        relation = at.qualified(parts)
        return Prediction((Comment(relation=relation), lock(relation, Mode.AccessShareLock)))
    if kind == "OBJECT_INDEX":
        index = at.index(at.qualified(parts))
        return Prediction((Comment(relation=index.relation if index is not None else ""),))
    if kind in _TYPES:
        items = body(target).get("items")
        parts = name_list(items[0]) if items else parts
        return Prediction((Comment(relation=at.type_name(parts)),))
    if tag(target) == "ObjectWithArgs":
        parts = names(body(target).get("objname"))
    return Prediction((Comment(relation=".".join(part for part in parts if part)),))


def create_stats_stmt(at: Situation) -> Prediction:
    """CREATE STATISTICS. The table is locked before IF NOT EXISTS looks for the name."""
    node = at.node
    found: list[Effect] = []
    for item in node.get("relations") or ():
        if tag(item) != "RangeVar":
            continue
        relation = at.relation_name(body(item))
        schema, table = split(relation)
        given = names(node.get("defnames"))
        columns = tuple(body(element).get("name") for element in node.get("exprs") or ())
        chosen = f"{schema}.{object_name(table, columns_part(columns), 'stat')}"
        name = (f"{at.creation_schema}.{given[0]}" if len(given) == 1 else ".".join(given)) or chosen
        found.append(CreateStatistics(relation=relation, name=name))
        found.append(lock(relation, Mode.ShareUpdateExclusiveLock))
    return Prediction(tuple(found))


def alter_stats_stmt(at: Situation) -> Prediction:
    """ALTER STATISTICS … SET STATISTICS."""
    name = ".".join(names(at.node.get("defnames")))
    return Prediction((OtherChange(relation=name, what="alter statistics"),))
