"""Statements that no relation notices: casts, operators, text search, foreign servers, LISTEN, FETCH …"""

from __future__ import annotations

import re

from migration_lint.effects import CreateServer, Effect, OtherChange
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import body, name_list, names
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.situation import Situation

_NAMES = ("name", "servername", "fdwname", "plname", "amname", "conditionname", "portalname", "filename")
_LISTS = ("opclassname", "opfamilyname", "conversion_name", "cfgname", "dictname", "collname")
_WORDS = {
    "op class": "operator class",
    "op family": "operator family",
    "fdw": "foreign data wrapper",
    "plang": "language",
    "am": "access method",
    "tsconfiguration": "text search configuration",
    "tsdictionary": "text search dictionary",
    "close portal": "close",
}


def any_stmt(at: Situation) -> Prediction:
    """The statement's name in words, and what it names."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", at.statement.tag.removesuffix("Stmt")).lower()
    for short, words in _WORDS.items():
        spaced = re.sub(rf"\b{short}\b", words, spaced)
    return Prediction((OtherChange(relation=_name(at), what=spaced),))


def _name(at: Situation) -> str:
    for key in _NAMES:
        if isinstance(at.node.get(key), str):
            return str(at.node[key])
    for key in _LISTS:
        if isinstance(at.node.get(key), list):
            return ".".join(names(at.node[key]))
    return ""


def create_foreign_server_stmt(at: Situation) -> Prediction:
    """CREATE SERVER."""
    node = at.node
    change = CreateServer(relation=str(node.get("servername", "")), wrapper=str(node.get("fdwname", "")))
    return Prediction((change,))


def alter_object_depends_stmt(at: Situation) -> Prediction:
    """ALTER … DEPENDS ON EXTENSION: of a materialized view, index, trigger or function."""
    node = at.node
    kind = node.get("objectType", "")
    target = node.get("relation") or {}
    name = at.relation_name(target) if target else ".".join(name_list(node.get("object")))
    found: list[Effect] = [OtherChange(relation=name, what="depends on extension")]
    if kind == "OBJECT_MATVIEW":
        found.append(lock(name, Mode.AccessExclusiveLock))
    elif kind == "OBJECT_TRIGGER":
        found.append(lock(name, Mode.AccessShareLock))
    elif not target:
        found[0] = OtherChange(
            relation=".".join(names(body(node.get("object") or {}).get("objname"))),
            what="depends on extension",
        )
    return Prediction(tuple(found))
