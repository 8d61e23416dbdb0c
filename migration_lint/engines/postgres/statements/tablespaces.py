"""SET TABLESPACE, of one relation or of all in a tablespace: the file is copied, block by block.

``ATExecSetTableSpace``; the indexes of a table stay where they are. A partitioned table has no file.
https://www.postgresql.org/docs/current/sql-altertable.html (SET TABLESPACE, ALL IN TABLESPACE)
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.effects import Effect, IndexBuild, OtherChange, Rewrite, Scan, SetTablespace
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import RelationKind

_STORED = (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)
_KINDS = {
    "OBJECT_TABLE": (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE),
    "OBJECT_MATVIEW": (RelationKind.MATERIALIZED_VIEW,),
}


def moved(name: str, tablespace: str, at: Situation, clause: int | None = None) -> Iterator[Effect]:
    """A relation or index goes to a tablespace; nothing is copied where it is there already."""
    yield SetTablespace(relation=name, tablespace=tablespace, clause=clause)
    index, known = at.index(name), at.relation(name)
    if index is not None:
        table = at.relation(index.relation)
        stored = table is None or table.kind in _STORED
        if stored and index.tablespace != tablespace:
            yield IndexBuild(relation=index.relation, index=name, clause=clause)
        return
    if known is None:
        yield Rewrite(relation=name, certain=False, clause=clause)
        yield Scan(relation=name, certain=False, clause=clause)
    elif known.kind in _STORED and known.tablespace != tablespace:
        yield Rewrite(relation=name, certain=known.complete, clause=clause)
        yield Scan(relation=name, certain=known.complete, clause=clause)


def alter_table_move_all_stmt(at: Situation) -> Prediction:
    """ALTER … ALL IN TABLESPACE: every table, view or index in it is locked and copied."""
    source, target = str(at.node.get("orig_tablespacename")), str(at.node.get("new_tablespacename"))
    what = f"ALTER ALL IN TABLESPACE {source}"
    found: list[Effect] = [OtherChange(relation="", what=what, certain=at.catalog.complete)]
    if source == target:
        return Prediction(tuple(found))
    kinds = _KINDS.get(str(at.node.get("objtype")), ())
    names = [
        one.name for one in at.catalog.relations.values() if one.kind in kinds and one.tablespace == source
    ]
    if not kinds:
        names = [index.name for index in at.catalog.indexes.values() if index.tablespace == source]
    for name in sorted(names):
        found += [lock(name, Mode.AccessExclusiveLock), *moved(name, target, at)]
    return Prediction(tuple(found))
