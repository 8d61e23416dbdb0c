"""``migration-lint rule ID``: one page."""

from __future__ import annotations

from collections.abc import Iterator

import click

from migration_lint.cli.options import rules_option
from migration_lint.cli.output import write
from migration_lint.cli.setup import all_rules, configuration
from migration_lint.errors import UsageError
from migration_lint.linting.loader import docstring
from migration_lint.linting.names import RuleNames
from migration_lint.linting.notes import NOTES
from migration_lint.linting.rule import Rule
from migration_lint.suggestion import suggestion


@click.command(
    epilog="""\b
Examples:
  migration-lint rule create-index-blocks-writes
  migration-lint rule squawk:require-concurrent-index-creation
"""
)
@click.argument("name", metavar="ID")
@rules_option
@click.option("--config", "config_path", metavar="FILE", type=click.Path(), help="Another configuration.")
def command(name: str, rules_dirs: tuple[str, ...], config_path: str | None) -> int:
    """Show the page of one rule: what it is about, with examples.

    ID is a rule's id, or a counterpart's name as `migration-lint rules --aliases` lists them.
    """
    names = RuleNames(all_rules(configuration(config_path, {}), rules_dirs))
    found = names.ids(name)
    if not found and name in NOTES:
        write(f"{name}\n\n{NOTES[name][1]}\n\nseverity: {NOTES[name][0].value}\n")
        return 0
    if not found:
        raise UsageError(f"there is no rule {name!r}{suggestion(name, [*names.rules, *NOTES])}")
    pages = ["\n".join(_page(rule_id, names.rules[rule_id])) for rule_id in found]
    write("\n\n".join(pages) + "\n")
    return 0


def _page(rule_id: str, rule: type[Rule]) -> Iterator[str]:
    yield rule_id
    yield ""
    yield docstring(rule).rstrip()
    yield ""
    severity = rule.severity.value
    if rule.down_severity is not None and rule.down_severity is not rule.severity:
        severity += f", {rule.down_severity.value} in a down script"
    yield f"severity: {severity}"
    if rule.pedantic:
        yield "pedantic: off unless --pedantic or its name asks for it"
    yield f"engines: {', '.join(rule.engines)}"
    if rule.aliases:
        yield f"elsewhere: {', '.join(rule.aliases)}"
    for option, default in rule.options.items():
        shown = str(default).lower() if isinstance(default, bool) else repr(default)
        yield f"option: {option} (default {shown}), under [rules.{rule_id}]"
    yield f"suppress: -- migration-lint: ignore[{rule_id}] REASON"
