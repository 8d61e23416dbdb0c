"""Effects of one statement, each fact once."""

from __future__ import annotations

from collections.abc import Iterable

from migration_lint.effects import Effect, Impact, Lock


def merged(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """With one lock per relation, the strongest, and every other impact once."""
    strongest: dict[str, Lock] = {}
    seen: dict[tuple[type[Effect], str, str], Impact] = {}
    order: list[Effect | str | tuple[type[Effect], str, str]] = []
    for effect in effects:
        if isinstance(effect, Lock):
            known = strongest.get(effect.relation)
            if known is None:
                order.append(effect.relation)
            if known is None or _stronger(effect, known):
                strongest[effect.relation] = effect
        elif isinstance(effect, Impact):
            key = (type(effect), effect.relation, getattr(effect, "index", ""))
            if key not in seen:
                order.append(key)
                seen[key] = effect
            elif effect.certain and not seen[key].certain:
                seen[key] = effect
        else:
            order.append(effect)
    found: list[Effect] = []
    for item in order:
        if isinstance(item, str):
            found.append(strongest[item])
        elif isinstance(item, tuple):
            found.append(seen[item])
        else:
            found.append(item)
    return tuple(found)


def _stronger(one: Lock, other: Lock) -> bool:
    return one.mode.rank > other.mode.rank or (
        one.mode.rank == other.mode.rank and one.certain and not other.certain
    )
