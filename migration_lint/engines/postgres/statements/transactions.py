"""Transaction control and session settings.

https://www.postgresql.org/docs/current/sql-begin.html, https://www.postgresql.org/docs/current/sql-set.html
"""

from __future__ import annotations

from migration_lint.effects import (
    BeginTransaction,
    Change,
    DropTable,
    EndTransaction,
    OtherChange,
    Savepoint,
    SetSetting,
)
from migration_lint.engines.postgres.nodes import Node, body, constant, tag
from migration_lint.engines.postgres.prediction import Prediction
from migration_lint.engines.postgres.situation import Situation
from migration_lint.model import TransactionRule
from migration_lint.names import quoted
from migration_lint.schema import Persistence

_LISTS_OF_NAMES = ("search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries")


def transaction_stmt(at: Situation) -> Prediction:
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT and the two-phase statements."""
    kind = at.node.get("kind", "").removeprefix("TRANS_STMT_")
    # The server's implicit block around several statements is none to these.
    block = at.in_transaction and not at.session.implicit
    if kind in ("BEGIN", "START"):
        return Prediction(
            (BeginTransaction(relation="", nested=at.in_transaction), *_modes(at.node, "transaction", True))
        )
    if kind in ("COMMIT", "ROLLBACK", "PREPARE"):
        return _ended(kind, block, at)
    if kind in ("COMMIT_PREPARED", "ROLLBACK_PREPARED"):
        what = kind.lower().replace("_", " ")
        change = OtherChange(relation=at.node.get("gid", ""), what=what)
        return Prediction((change,), TransactionRule.FORBIDDEN)
    action = kind.lower().replace("_", " ")
    refused = None if block else f"{action.upper()} stands only inside a transaction block"
    name = at.node.get("savepoint_name", "")
    if block and kind != "SAVEPOINT" and name not in at.session.savepoints:
        refused = f'savepoint "{name}" does not exist'
    return Prediction((Savepoint(relation="", action=f"{action} {name}"),), refused=refused)


def _ended(kind: str, block: bool, at: Situation) -> Prediction:
    chain = bool(at.node.get("chain", False))
    found: list[Change] = [
        EndTransaction(
            relation="",
            commit=kind != "ROLLBACK",
            orphan=not block,
            wrapped=at.session.wrapped and block,
        )
    ]
    if chain:
        found.append(BeginTransaction(relation=""))
    refused = f"{kind} AND CHAIN stands only inside a transaction block" if chain and not block else None
    return Prediction(tuple(found), refused=refused)


# --- settings ------------------------------------------------------------------------------------


def variable_set_stmt(at: Situation) -> Prediction:
    """SET, SET LOCAL, RESET, SET TRANSACTION. SET LOCAL outside a transaction does nothing."""
    node = at.node
    kind, name = node.get("kind", ""), str(node.get("name", "all")).lower()
    local = bool(node.get("is_local", False))
    effective = not local or at.in_transaction
    if kind == "VAR_SET_MULTI":
        if name == "transaction snapshot":
            return Prediction((OtherChange(relation="", what="set transaction snapshot"),))
        session = name == "session characteristics"
        return Prediction(
            tuple(_modes(node, "default_transaction" if session else "transaction", not session, at))
        )
    if kind == "VAR_SET_CURRENT":
        return Prediction((OtherChange(relation=name, what="set from current"),))
    if kind == "VAR_RESET_ALL":
        return Prediction((SetSetting(relation="all", value=None),))
    value = _value(name, node) if kind == "VAR_SET_VALUE" else None
    return Prediction((SetSetting(relation=name, value=value, local=local, effective=effective),))


def _modes(node: Node, prefix: str, local: bool, at: Situation | None = None) -> list[Change]:
    """The modes of BEGIN and SET TRANSACTION as the settings that they are."""
    found: list[Change] = []
    for item in node.get("options") or node.get("args") or ():
        fields = body(item)
        name = str(fields.get("defname", "")).replace("transaction", prefix, 1)
        value = constant(fields.get("arg"))
        if isinstance(value, int):
            value = "on" if value else "off"
        effective = not local or at is None or at.in_transaction
        found.append(SetSetting(relation=name, value=str(value), local=local, effective=effective))
    return found


def _value(name: str, node: Node) -> str:
    words = [_word(item) for item in node.get("args") or ()]
    if name in _LISTS_OF_NAMES:
        words = [quoted(word) for word in words]
    return ", ".join(words)


def _word(node: Node) -> str:
    if tag(node) == "TypeCast":  # SET TIME ZONE INTERVAL '…'
        return f"interval '{constant(body(node).get('arg'))}'"
    return str(constant(node))


def variable_show_stmt(at: Situation) -> Prediction:
    """SHOW."""
    return Prediction((OtherChange(relation=at.node.get("name", ""), what="show"),))


def discard_stmt(at: Situation) -> Prediction:
    """DISCARD. ALL stands alone, and resets every setting."""
    target = at.node.get("target", "DISCARD_ALL").removeprefix("DISCARD_").lower()
    found: list[Change] = [OtherChange(relation="", what=f"discard {target}")]
    if target in ("all", "temp"):
        found += [
            DropTable(relation=known.name)
            for known in at.catalog.relations.values()
            if known.persistence is Persistence.TEMPORARY
        ]
    if target != "all":
        return Prediction(tuple(found))
    found.append(SetSetting(relation="all", value=None))
    return Prediction(tuple(found), TransactionRule.FORBIDDEN)


def constraints_set_stmt(at: Situation) -> Prediction:
    """SET CONSTRAINTS."""
    when = "deferred" if at.node.get("deferred") else "immediate"
    return Prediction((OtherChange(relation="", what=f"set constraints {when}"),))
