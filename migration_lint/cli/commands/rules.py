"""``migration-lint rules``: the list."""

from __future__ import annotations

from typing import Any

import click

from migration_lint.cli.options import rules_option
from migration_lint.cli.output import write
from migration_lint.cli.setup import all_rules, configuration
from migration_lint.linting.loader import RuleClasses, docstring
from migration_lint.linting.page import parse_page
from migration_lint.linting.rule import Rule


@click.command(
    epilog="""\b
Examples:
  migration-lint rules
  migration-lint rules --aliases      what the rules are called in other tools
  migration-lint rules --format json
"""
)
@rules_option
@click.option("--aliases", is_flag=True, help="Each rule's counterparts in other tools.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form.",
)
@click.option("--config", "config_path", metavar="FILE", type=click.Path(), help="Another configuration.")
def command(rules_dirs: tuple[str, ...], aliases: bool, form: str, config_path: str | None) -> int:
    """List the rules.

    Rules marked (pedantic) are opinions, and off unless --pedantic or their name asks for them.
    """
    rules = all_rules(configuration(config_path, {}), rules_dirs)
    if form == "json":
        from migration_lint.report.encode import json_text

        write(json_text([_facts(rule_id, rule) for rule_id, rule in rules.items()]))
    else:
        rows = _alias_rows(rules) if aliases else _rows(rules)
        size = max(len(row[0]) for row in rows)
        write("".join(f"{name:{size}}  {text}".rstrip() + "\n" for name, text in rows))
    return 0


def _rows(rules: RuleClasses) -> list[tuple[str, str]]:
    return [
        (rule_id, f"{rule.severity.value:7}  {title(rule)}{' (pedantic)' if rule.pedantic else ''}")
        for rule_id, rule in rules.items()
    ]


def _alias_rows(rules: RuleClasses) -> list[tuple[str, str]]:
    return [(rule_id, ", ".join(rule.aliases) or "-") for rule_id, rule in rules.items()]


def _facts(rule_id: str, rule: type[Rule]) -> dict[str, Any]:
    return {
        "id": rule_id,
        "title": title(rule),
        "severity": rule.severity.value,
        "down_severity": rule.down_severity.value if rule.down_severity else None,
        "confidence": rule.confidence.value,
        "pedantic": rule.pedantic,
        "engines": list(rule.engines),
        "since": rule.since,
        "aliases": list(rule.aliases),
        "options": dict(rule.options),
    }


def title(rule: type[Rule]) -> str:
    """The first line of the rule's page."""
    text = docstring(rule)
    return parse_page(text).title if text else ""
