"""Which rules run, how severe they are, and what the configuration silences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.errors import UsageError
from migration_lint.findings import Finding, Severity, Suppressed
from migration_lint.linting.loader import RuleClasses
from migration_lint.linting.names import RuleNames
from migration_lint.linting.notes import NOTES
from migration_lint.linting.rule import Rule
from migration_lint.model import Direction

GROUPS = ("default", "pedantic", "all")
"""Names that ``select`` takes beside rules: no opinions, only opinions, every rule."""

_RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


class Choice(Struct, frozen=True):
    """What the configuration says about rules; names are ids or ``tool:alias``.

    `severity` maps to ``error``, ``warning``, ``note`` or ``off``; `per_path` globs to rules;
    `settings` an id to its options.
    """

    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    pedantic: bool = False
    severity: Mapping[str, str] = {}
    per_path: Mapping[str, Sequence[str]] = {}
    settings: Mapping[str, Mapping[str, object]] = {}


class Selection(Struct, frozen=True, dict=True):
    """The rules to run. `silenced` ones run too, so that what they explain counts as explained."""

    names: RuleNames
    rules: tuple[Rule, ...]
    silenced: Mapping[str, str]
    severities: Mapping[str, Severity]
    paths: tuple[tuple[re.Pattern[str], str, frozenset[str]], ...]

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """The rules that run, by their ids."""
        return {rule.id: rule for rule in self.rules}

    def applied(self, finding: Finding, rule: Rule | None = None) -> Finding:
        """The finding with the severity that the configuration gives it, suppressed if it says so."""
        severity = self.severities.get(finding.rule)
        if severity is not None:
            down = rule.down_severity if rule is not None and finding.direction is Direction.DOWN else None
            if down is not None:  # what is milder in a down script stays so
                severity = min(severity, down, key=_RANK.__getitem__)
            finding = replace(finding, severity=severity)
        reason = self.silenced.get(finding.rule) or self._silenced_at(finding)
        return replace(finding, suppressed=Suppressed("config", reason)) if reason else finding

    def _silenced_at(self, finding: Finding) -> str | None:
        for pattern, glob, rules in self.paths:
            if finding.rule in rules and _matches(pattern, finding.span.path):
                return f"per_path_ignores: {glob}"
        return None


def select(rules: RuleClasses, choice: Choice, engine: str) -> Selection:
    """The rules of an engine that are to run. Raises UsageError for an unknown name or option."""
    names = RuleNames(rules)
    severity = {
        rule_id: value
        for name, value in choice.severity.items()
        for rule_id in names.resolve(name, "severity", NOTES)
    }
    chosen = _selected(names, choice)
    for rule_id, value in severity.items():
        if value != "off" and not choice.select:
            chosen.add(rule_id)
    silenced = {rule_id: "severity: off" for rule_id, value in severity.items() if value == "off"}
    silenced |= {
        rule_id: "ignore" for name in choice.ignore for rule_id in names.resolve(name, "ignore", NOTES)
    }
    settings = {
        rule_id: _settings(name, rules[rule_id], given)
        for name, given in choice.settings.items()
        for rule_id in names.resolve(name, "rules")
    }
    return Selection(
        names,
        tuple(
            rule(settings.get(rule_id))
            for rule_id, rule in rules.items()
            if rule_id in chosen and engine in rule.engines
        ),
        silenced,
        {rule_id: Severity(value) for rule_id, value in severity.items() if value != "off"},
        tuple(
            (
                _glob(glob),
                glob,
                frozenset(i for name in ignored for i in names.resolve(name, "per_path_ignores", NOTES)),
            )
            for glob, ignored in choice.per_path.items()
        ),
    )


def _selected(names: RuleNames, choice: Choice) -> set[str]:
    chosen: set[str] = set()
    for name in choice.select or (("all",) if choice.pedantic else ("default",)):
        if name in GROUPS:
            wanted = {"default": (False,), "pedantic": (True,), "all": (False, True)}[name]
            chosen |= {rule_id for rule_id, rule in names.rules.items() if rule.pedantic in wanted}
        else:
            chosen.update(names.resolve(name, "select", GROUPS))
    if choice.select and choice.pedantic:
        chosen |= {rule_id for rule_id, rule in names.rules.items() if rule.pedantic}
    return chosen


def _settings(name: str, rule: type[Rule], given: Mapping[str, object]) -> dict[str, int | str | bool]:
    settings: dict[str, int | str | bool] = {}
    for key, value in given.items():
        if key not in rule.options:
            raise UsageError(f"rules.{name}: unknown option {key!r}{_known(rule.options)}")
        kind = type(rule.options[key])
        if not isinstance(value, (int, str, bool)) or type(value) is not kind:
            raise UsageError(f"rules.{name}.{key}: expected {kind.__name__}, got {value!r}")
        settings[key] = value
    return settings


def _known(options: Iterable[str]) -> str:
    known = ", ".join(sorted(options))
    return f" (known: {known})" if known else " (the rule has none)"


def _glob(glob: str) -> re.Pattern[str]:
    from fnmatch import translate

    return re.compile(translate(glob.removeprefix("./")))


def _matches(pattern: re.Pattern[str], path: str) -> bool:
    """Whether a glob matches a path from any of its folders on; ``*`` crosses slashes."""
    path = path.removeprefix("./")
    at = 0
    while at >= 0:
        if pattern.match(path, at):
            return True
        at = path.find("/", at) + 1 or -1
    return False
