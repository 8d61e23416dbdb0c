"""What is known of a rule beside its findings: its page."""

from __future__ import annotations

import re

from msgspec import Struct

from migration_lint.findings import Confidence, Severity
from migration_lint.linting.loader import RuleClasses, docstring
from migration_lint.linting.notes import NOTES
from migration_lint.linting.page import parse_page


class About(Struct, frozen=True):
    """A rule in words. `title` is a sentence, `prose` paragraphs, `page` Markdown with the examples."""

    id: str
    title: str
    prose: str = ""
    page: str = ""
    severity: Severity | None = None
    confidence: Confidence = Confidence.CERTAIN
    pedantic: bool = False


def about(rule_id: str, rules: RuleClasses) -> About:
    """The page of a rule; little more than its id for one that is not among `rules`."""
    rule = rules.get(rule_id)
    if rule is None:
        severity, title = NOTES.get(rule_id, (None, rule_id.replace("-", " ")))
        return About(rule_id, title, severity=severity)
    text = docstring(rule)
    page = parse_page(text) if text else None
    return About(
        rule_id,
        page.title if page else rule_id.replace("-", " "),
        page.prose.strip("\n") if page else "",
        _markdown(page.body) if page else "",
        rule.severity,
        rule.confidence,
        rule.pedantic,
    )


def _markdown(body: str) -> str:
    """A page is Markdown as it stands, but for the options of its examples."""
    return re.sub(r"^(Given|Bad|Good)(?: *\[[^\]]*\])?(.*):$", r"**\1**\2:", body, flags=re.MULTILINE)
