"""Preconditions, as far as the changelog alone decides them.

What depends on the database is taken as met: its changes are then checked, which is the safe side,
and that they may not run is told.
"""

from __future__ import annotations

from migration_lint.sources.tools.liquibase.filters import Filter
from migration_lint.sources.tools.liquibase.properties import Properties
from migration_lint.sources.tools.liquibase.tree import Node

_SETTINGS = frozenset({"onfail", "onerror", "onfailmessage", "onerrormessage", "onsqloutput", "onupdatesql"})


def fails(owner: Node, run: Filter, properties: Properties) -> str | None:
    """What Liquibase does as the owner's preconditions are certainly not met: ``HALT``, ``MARK_RAN``, …

    None where they are met, or may be.
    """
    for conditions in owner.all("preConditions"):
        if _and(conditions, run, properties) is False:
            return (conditions.get("onFail") or "HALT").upper()
    return None


def undecided(owner: Node, run: Filter, properties: Properties) -> Node | None:
    """The owner's preconditions that only a database can decide."""
    for conditions in owner.all("preConditions"):
        if _and(conditions, run, properties) is None:
            return conditions
    return None


def described(conditions: Node) -> str:
    """The conditions in few words: ``not tableExists``."""
    words = [_words(child) for child in _conditions(conditions)]
    return ", ".join(dict.fromkeys(words))


def _words(condition: Node) -> str:
    inner = ", ".join(_words(child) for child in _conditions(condition))
    return f"{condition.name} {inner}".rstrip()


def _and(outer: Node, run: Filter, properties: Properties) -> bool | None:
    values = [_value(child, run, properties) for child in _conditions(outer)]
    if False in values:
        return False
    return None if None in values else True


def _conditions(outer: Node) -> list[Node]:
    return [child for child in outer.children if child.name.lower() not in _SETTINGS and not child.attribute]


def _value(condition: Node, run: Filter, properties: Properties) -> bool | None:
    name = condition.name.lower()
    if name == "dbms":
        return run.database_matches(condition.get("type"))
    if name == "changelogpropertydefined":
        found = properties.value(condition.get("property") or "")
        wanted = condition.get("value")
        return None if found is None else wanted is None or found == wanted
    if name in ("and", "preconditions"):
        return _and(condition, run, properties)
    values = [_value(child, run, properties) for child in _conditions(condition)]
    if name == "or":
        if True in values:
            return True
        return None if None in values or not values else False
    if name == "not":
        if False in values:
            return True
        return None if None in values or not values else False
    return None
