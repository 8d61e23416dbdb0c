"""Every example of every rule's page: linted, and run on a real server."""

from __future__ import annotations

import pytest

from migration_lint.engines.postgres.engine import DEFAULT_VERSION
from migration_lint.linting.walk import walk
from migration_lint.rehearsal.database import Database

from .pages import PageExample, compared, counted, examples, linted, page, rules

BAD, GOOD = examples("bad"), examples("good")
ON_THE_SERVER = [
    case
    for case in BAD + GOOD
    if case.flavour == "postgres" and case.example.version in (None, DEFAULT_VERSION)
]


@pytest.mark.parametrize("rule", rules())
def test_a_page_shows_what_is_bad_and_what_is_good(rule: str) -> None:
    kinds = {example.kind for example in page(rule).examples}
    assert kinds == {"bad", "good"}
    assert page(rule).prose.strip(), "the page says what happens and to whom"


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_bad_has_this_finding_on_this_line_and_no_other(case: PageExample) -> None:
    result = linted(case)
    found = sorted({(finding.span.path, finding.span.line, finding.rule) for finding in counted(result)})
    assert found == sorted((path, line, case.rule) for path, line in _expected(case))


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_good_is_clean_of_every_rule(case: PageExample) -> None:
    result = linted(case)
    assert [(finding.span.line, finding.rule, finding.why) for finding in counted(result)] == []
    assert result.errors == ()


@pytest.mark.parametrize("case", ON_THE_SERVER, ids=lambda case: f"{case.name}:{case.example.kind}")
def test_the_server_does_what_is_predicted(case: PageExample, database: Database) -> None:
    assert case.engine.version == database.server.version
    told, refused = compared(database, case.engine, case.example.history())
    assert told == []
    assert (refused is not None) == case.example.refused, refused or "the server does not refuse it"


def _expected(case: PageExample) -> list[tuple[str, int]]:
    marks = case.example.marks()
    if marks:
        return marks
    last = [run for walked in walk(case.example.history(), case.engine) for run in walked.runs][-1]
    span = last.outcome.steps[-1].span
    return [(span.path, span.line)]
