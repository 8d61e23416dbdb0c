"""Effects as JSON values: their kind, and what of them is a name, a number or a flag."""

from __future__ import annotations

from enum import Enum

from migration_lint.effects import Effect, Lock
from migration_lint.schema import (
    Column,
    Constraint,
    Expression,
    Index,
    PartitionBound,
    Relation,
    Routine,
    Type,
    UserType,
)

_OMITTED = frozenset({"clause", "certain", "tree", "origin"})


def because_value(effect: Effect) -> dict[str, object]:
    """An effect that a finding explains: a lock is its relation and mode."""
    value = effect_value(effect)
    if isinstance(effect, Lock):
        return {"kind": value["kind"], "relation": value["relation"], "mode": value["mode"]}
    return value


def effect_value(effect: Effect) -> dict[str, object]:
    """``{"kind": "CreateIndex", "relation": …, "name": …, "concurrently": …}``.

    What an effect makes (a column, an index, a constraint) stands there as its name, with the few
    facts of it that matter. ``"certain": false`` marks the worse case of what could not be settled.
    """
    value: dict[str, object] = {"kind": type(effect).__name__}
    if isinstance(effect, Lock):
        mode = effect.mode
        value |= {
            "relation": effect.relation,
            "mode": mode.name,
            "blocks_reads": mode.blocks_reads,
            "blocks_writes": mode.blocks_writes,
        }
        if effect.metadata_lock is not None or effect.algorithm is not None:
            value |= {
                "algorithm": effect.algorithm,
                "lock": effect.lock,
                "metadata_lock": effect.metadata_lock,
            }
    else:
        for name in effect.__struct_fields__:
            if name not in _OMITTED and not (name == "reason" and not getattr(effect, name)):
                value |= _field(name, getattr(effect, name))
    if not effect.certain:
        value["certain"] = False
    return value


def _field(name: str, held: object) -> dict[str, object]:
    if isinstance(held, Index):
        facts: dict[str, object] = {"name": held.name, "unique": held.unique, "columns": list(held.columns)}
        return facts if name == "index" else {name: held.name}
    if isinstance(held, Column):
        return {"column": held.name, "type": _plain(held.type), "not_null": held.not_null}
    if isinstance(held, Constraint):
        about: dict[str, object] = {
            "constraint": held.name,
            "constraint_kind": held.kind.value,
            "columns": list(held.columns),
            "validated": held.validated,
        }
        return about | {"references": held.references} if held.references else about
    if isinstance(held, (Relation, UserType)):
        return {f"{name}_kind": held.kind.value}
    if isinstance(held, (Routine, PartitionBound)):
        return {}
    return {name: _plain(held)}


def _plain(held: object) -> object:
    if held is None or isinstance(held, (bool, int, str)):
        return held
    if isinstance(held, Type):
        return str(held)
    if isinstance(held, Expression):
        return held.text
    if isinstance(held, Enum) and isinstance(held.value, str):
        return held.value
    if isinstance(held, (tuple, list)):
        return [_plain(item) for item in held]
    if isinstance(held, (set, frozenset)):
        return sorted(str(item) for item in held)
    name = getattr(held, "name", None)
    return name if isinstance(name, str) else str(held)
