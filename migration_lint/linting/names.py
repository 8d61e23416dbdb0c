"""What a rule goes by: its id, and its names in other tools."""

from __future__ import annotations

from collections.abc import Collection

from migration_lint.errors import UsageError
from migration_lint.linting.loader import RuleClasses
from migration_lint.suggestion import suggestion


class RuleNames:
    """Looks rules up by id (``drop-column``) or by a counterpart's name (``squawk:ban-drop-column``)."""

    def __init__(self, rules: RuleClasses) -> None:
        self.rules = rules
        self._aliases: dict[str, list[str]] = {}
        for rule_id, rule in rules.items():
            for alias in rule.aliases:
                self._aliases.setdefault(alias.lower(), []).append(rule_id)

    def ids(self, name: str) -> list[str]:
        """The ids of the rules that a name means; a counterpart may be split into several rules."""
        return [name] if name in self.rules else self._aliases.get(name.lower(), [])

    def counterparts(self, tool: str, name: str | None) -> list[str]:
        """The ids of the rules that another tool knows as `name`, or (None) by any name."""
        if name is not None:
            return self._aliases.get(f"{tool}:{name}".lower(), [])
        return [
            rule_id
            for rule_id, rule in self.rules.items()
            if any(alias.startswith(f"{tool}:") for alias in rule.aliases)
        ]

    def resolve(self, name: str, where: str, others: Collection[str] = ()) -> list[str]:
        """The ids of the rules that `name` means; one of the `others` means itself.

        Raises UsageError, with the nearest name, for none.
        """
        found = [name] if name in others else self.ids(name)
        if not found:
            raise UsageError(f"{where}: there is no rule {name!r}{suggestion(name, [*self.rules, *others])}")
        return found
