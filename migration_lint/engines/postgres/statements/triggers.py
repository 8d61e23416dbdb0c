"""Triggers, row-security policies and event triggers.

``CreateTrigger`` takes SHARE ROW EXCLUSIVE, ``CreatePolicy`` and ``AlterPolicy`` ACCESS EXCLUSIVE;
what a policy's expressions name is opened with ACCESS SHARE.
"""

from __future__ import annotations

from migration_lint.effects import AlterPolicy, CreatePolicy, CreateTrigger, Effect, OtherChange
from migration_lint.engines.postgres.expressions import columns_of
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import names
from migration_lint.engines.postgres.prediction import Prediction, lock, locks
from migration_lint.engines.postgres.queries import read_expression
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import Relation, RelationKind

_TIMINGS = {2: "before", 64: "instead of"}
_POLICIES_OPENED_SINCE = 18
_EVENTS = {4: "insert", 8: "delete", 16: "update", 32: "truncate"}


def create_trig_stmt(at: Situation) -> Prediction:
    """CREATE TRIGGER: a row trigger is copied to every partition, under the same lock."""
    node = at.node
    relation = at.relation_name(node.get("relation") or {})
    row = bool(node.get("row", False))
    change = CreateTrigger(
        relation=relation,
        trigger=str(node.get("trigname", "")),
        function=_function(node.get("funcname"), at),
        timing=_TIMINGS.get(node.get("timing", 0), "after"),
        row=row,
        events=tuple(name for bit, name in _EVENTS.items() if int(node.get("events", 0)) & bit),
        replace=bool(node.get("replace", False)),
        columns=frozenset(names(node.get("columns"))) | columns_of(node.get("whenClause")),
    )
    found: list[Effect] = [change, lock(relation, Mode.ShareRowExclusiveLock)]
    table = at.relation(relation)
    divided = table is not None and table.kind is RelationKind.PARTITIONED_TABLE
    if row and divided:
        below = [child.name for child in at.catalog.descendants(relation)]
        found += locks(below, Mode.ShareRowExclusiveLock)
    if "constrrel" in node:
        found.append(lock(at.relation_name(node["constrrel"]), Mode.AccessShareLock))
    return Prediction(tuple(found), refused=_trigger_refused(change, divided, at))


def _function(nodes: object, at: Situation) -> str:
    parts = names(nodes) if isinstance(nodes, list) else []
    known = at.routine(parts)
    if known is not None:
        return known.name
    return ".".join(parts[-2:]) if len(parts) > 1 else f"{at.creation_schema}.{''.join(parts)}"


def _trigger_refused(change: CreateTrigger, divided: bool, at: Situation) -> str | None:
    if change.replace and at.version < 14:
        return "CREATE OR REPLACE TRIGGER is new in PostgreSQL 14"
    if divided and change.row and change.timing == "before" and at.version < 13:
        return "a partitioned table cannot have BEFORE FOR EACH ROW triggers before PostgreSQL 13"
    table = at.relation(change.relation)
    if table is not None and _wrong_place(change, table) is not None:
        return _wrong_place(change, table)
    if table is not None and not change.replace and table.trigger(change.trigger) is not None:
        return f'trigger "{change.trigger}" for relation "{table.name}" already exists'
    return None


def _wrong_place(change: CreateTrigger, table: Relation) -> str | None:
    """Why a relation of that kind has no trigger like this one (``CreateTriggerFiringOn``)."""
    instead = change.timing == "instead of"
    if table.kind is RelationKind.VIEW:
        if change.row != instead:
            return f"{table.name} is a view: row triggers stand INSTEAD OF a statement, others do not"
        return None
    if table.kind not in (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE, RelationKind.FOREIGN_TABLE):
        return f"{table.name} is a {table.kind.value}, which has no triggers"
    return f"{table.name} is a {table.kind.value}: only views have INSTEAD OF triggers" if instead else None


def create_policy_stmt(at: Situation) -> Prediction:
    """CREATE POLICY."""
    relation = at.relation_name(at.node.get("table") or {})
    reads, columns = _policy_reads(relation, at)
    name = str(at.node.get("policy_name", ""))
    change = CreatePolicy(relation=relation, policy=name, reads=reads, columns=columns)
    known = at.relation(relation)
    refused = None
    if known is not None and known.kind not in (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE):
        refused = f"{relation} is a {known.kind.value}, which has no policies"
    elif known is not None and any(policy.name == name for policy in known.policies):
        refused = f'policy "{name}" for table "{relation}" already exists'
    found = (change, lock(relation, Mode.AccessExclusiveLock), *locks(reads, Mode.AccessShareLock))
    return Prediction(found, refused=refused)


def alter_policy_stmt(at: Situation) -> Prediction:
    """ALTER POLICY opens what its new expressions name, and since 18.6 what the old ones do."""
    relation = at.relation_name(at.node.get("table") or {})
    name = str(at.node.get("policy_name", ""))
    table = at.relation(relation)
    kept = [policy for policy in table.policies if policy.name == name] if table is not None else []
    named, columns = _policy_reads(relation, at)
    reads = named
    if not ("qual" in at.node and "with_check" in at.node):
        reads = tuple(dict.fromkeys([*(read for policy in kept for read in policy.reads), *named]))
        for policy in kept:
            sure = columns is not None and policy.columns is not None
            columns = (columns or frozenset()) | (policy.columns or frozenset()) if sure else None
    change = AlterPolicy(relation=relation, policy=name, reads=reads, columns=columns)
    opened = reads if at.version >= _POLICIES_OPENED_SINCE else named
    return Prediction(
        (change, lock(relation, Mode.AccessExclusiveLock), *locks(opened, Mode.AccessShareLock))
    )


def _policy_reads(relation: str, at: Situation) -> tuple[tuple[str, ...], frozenset[tuple[str, str]] | None]:
    """The other relations that the expressions read, and the (relation, column) pairs, if known."""
    found: dict[str, None] = {}
    columns: frozenset[tuple[str, str]] | None = frozenset()
    for key in ("qual", "with_check"):
        read = read_expression(at.node.get(key), [relation], at)
        found.update(dict.fromkeys(read.relations))
        columns = columns | read.columns if columns is not None and read.columns is not None else None
    return tuple(name for name in found if name != relation), columns


def create_event_trig_stmt(at: Situation) -> Prediction:
    """CREATE EVENT TRIGGER."""
    return Prediction((OtherChange(relation=str(at.node.get("trigname", "")), what="CREATE EVENT TRIGGER"),))


def alter_event_trig_stmt(at: Situation) -> Prediction:
    """ALTER EVENT TRIGGER."""
    return Prediction((OtherChange(relation=str(at.node.get("trigname", "")), what="ALTER EVENT TRIGGER"),))
