"""What the README shows is what there is."""

from __future__ import annotations

import re

import pytest

from .readme import README, body, parts

TEXT = README.read_text(encoding="utf-8")
PARTS = parts(TEXT)


@pytest.mark.parametrize("what", PARTS)
def test_generated_parts_are_up_to_date(what: str) -> None:
    assert PARTS[what] == body(what), "run: python -m tests.project.readme --write"


def test_the_parts_that_a_newcomer_needs_are_there() -> None:
    assert {"rules", "exit codes", "configuration"} <= PARTS.keys()
    assert any(what.startswith("$ migration-lint check") for what in PARTS)
    assert any(what.startswith("$ migration-lint explain") for what in PARTS)


@pytest.mark.parametrize("name", ["main", "tests"])
def test_the_commands_that_ci_runs_are_there(name: str) -> None:
    assert re.search(rf"^<!-- command: {name} -->\n```\w*\n.+?\n```$", TEXT, re.MULTILINE | re.DOTALL)


def test_links_into_the_repository_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", TEXT)
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
