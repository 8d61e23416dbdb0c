"""Logical replication: publications and subscriptions.

https://www.postgresql.org/docs/current/logical-replication.html
"""

from __future__ import annotations

from migration_lint.effects import AlterPublication, Effect
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import body, constant, options
from migration_lint.engines.postgres.prediction import Prediction, locks
from migration_lint.engines.postgres.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.schema import RelationKind

_ACTIONS = {
    "AP_AddObjects": "add to publication",
    "AP_DropObjects": "drop from publication",
    "AP_SetObjects": "set publication",
}
_PARTITIONED_SINCE = 13
_REFRESH_ALONE_SINCE = 14
_FAILOVER_ALONE_SINCE, _TWO_PHASE_ALONE_SINCE = 17, 18
_REFRESHING = frozenset(
    f"ALTER_SUBSCRIPTION_{kind}" for kind in ("SET_PUBLICATION", "ADD_PUBLICATION", "DROP_PUBLICATION")
)


def create_publication_stmt(at: Situation) -> Prediction:
    """CREATE PUBLICATION: the tables that it names are locked, not those of ALL TABLES or a schema."""
    named, opened, refused = _tables(at)
    change = AlterPublication(
        relation=at.node.get("pubname", ""),
        action="create publication",
        all_tables=bool(at.node.get("for_all_tables", False)),
        tables=named,
    )
    name = at.node.get("pubname", "")
    if name in at.catalog.publications:
        refused = refused or f'publication "{name}" already exists'
    return Prediction((change, *locks(opened, Mode.ShareUpdateExclusiveLock)), refused=refused)


def alter_publication_stmt(at: Situation) -> Prediction:
    """ALTER PUBLICATION. SET also locks the tables that leave."""
    name = at.node.get("pubname", "")
    if not at.node.get("pubobjects"):
        return Prediction((AlterPublication(relation=name, action="alter publication"),))
    named, opened, refused = _tables(at)
    action = _ACTIONS.get(at.node.get("action", "AP_AddObjects"), "alter publication")
    known = at.catalog.publications.get(name)
    if action == "set publication":
        opened = tuple(dict.fromkeys((*opened, *(known or ()))))
    for table in named if known is not None else ():
        member = table in (known or ())
        if action == "add to publication" and member:
            refused = refused or f"{table} is in the publication {name} already"
        elif action == "drop from publication" and not member:
            refused = refused or f"{table} is not in the publication {name}"
    change = AlterPublication(
        relation=name,
        action=action,
        tables=named,
        certain=known is not None or action != "set publication",
    )
    found: list[Effect] = [change, *locks(opened, Mode.ShareUpdateExclusiveLock)]
    return Prediction(tuple(found), refused=refused)


def _tables(at: Situation) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """The tables named, those with their heirs (all are members), and why the server refuses."""
    named: dict[str, None] = {}
    refused = None
    for item in at.node.get("pubobjects") or ():
        target = (body(item).get("pubtable") or {}).get("relation")
        if not target:
            continue
        name = at.relation_name(target)
        named[name] = None
        known = at.relation(name)
        if known is not None and known.kind not in (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE):
            refused = refused or f"{name} is a {known.kind.value}, which no publication has"
        if known is not None and known.kind is RelationKind.PARTITIONED_TABLE:
            if at.version < _PARTITIONED_SINCE:
                refused = f"{name} is partitioned, and publications take partitions only before version 13"
        elif target.get("inh"):
            named.update((child.name, None) for child in at.catalog.descendants(name))
    return tuple(named), tuple(named), refused


# --- subscriptions -------------------------------------------------------------------------------


def create_subscription_stmt(at: Situation) -> Prediction:
    """CREATE SUBSCRIPTION: not in a transaction block where it makes a slot on the publisher."""
    given = options(at.node.get("options"))
    alone = _is_on(given, "connect", True) and _is_on(given, "create_slot", True)
    return _subscription(at, "create subscription", alone)


def alter_subscription_stmt(at: Situation) -> Prediction:
    """ALTER SUBSCRIPTION: REFRESH, and what refreshes, stands alone."""
    kind = at.node.get("kind", "")
    given = options(at.node.get("options"))
    refresh = kind == "ALTER_SUBSCRIPTION_REFRESH" or (kind in _REFRESHING and _is_on(given, "refresh", True))
    alone = (
        (refresh and at.version >= _REFRESH_ALONE_SINCE)
        or ("failover" in given and at.version >= _FAILOVER_ALONE_SINCE)
        or ("two_phase" in given and at.version >= _TWO_PHASE_ALONE_SINCE)
    )
    return _subscription(at, "refresh subscription" if refresh else "alter subscription", alone)


def drop_subscription_stmt(at: Situation) -> Prediction:
    """DROP SUBSCRIPTION: alone, while it has a slot on the publisher."""
    return _subscription(at, "drop subscription", True)


def _subscription(at: Situation, action: str, alone: bool) -> Prediction:
    rule = TransactionRule.FORBIDDEN if alone else TransactionRule.ALLOWED
    return Prediction((AlterPublication(relation=at.node.get("subname", ""), action=action),), rule)


def _is_on(given: dict[str, dict[str, object] | None], name: str, default: bool) -> bool:
    if name not in given:
        return default
    return str(constant(given[name])).lower() in ("true", "on", "1", "yes", "none")
