"""Which rules look at a step, by the kinds of its effects."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from migration_lint.effects import Effect, IndexBuild, Rewrite, Scan, Unknown
from migration_lint.linting.rule import Backstop, HistoryRule, Rule
from migration_lint.model import Step


class Watch(Struct, frozen=True):
    """What is to be done about a step: rules to ask; it may hold others up; it is not all understood."""

    rules: tuple[Rule, ...]
    stalls: bool
    unknown: bool


class Dispatch:
    """A table from the kinds of effects to a `Watch`, filled as combinations are met."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._checking = [rule for rule in rules if type(rule).check is not Rule.check]
        self._table: dict[frozenset[type[Effect]], Watch] = {}
        self.finishing = [rule for rule in rules if type(rule).finish is not Rule.finish]
        """Rules that look at a whole script."""
        self.of_history = [rule for rule in rules if isinstance(rule, HistoryRule)]
        """Rules that look at a history as a whole."""
        self.backstops = [rule for rule in rules if isinstance(rule, Backstop)]

    def watch(self, step: Step) -> Watch:
        """The `Watch` of a step."""
        kinds = frozenset(map(type, step.effects))
        found = self._table.get(kinds)
        if found is None:
            found = self._table[kinds] = Watch(
                tuple(
                    rule
                    for rule in self._checking
                    if not rule.on or any(issubclass(kind, rule.on) for kind in kinds)
                ),
                any(issubclass(kind, (Scan, Rewrite, IndexBuild)) for kind in kinds),
                any(issubclass(kind, Unknown) for kind in kinds),
            )
        return found
