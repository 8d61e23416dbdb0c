"""Many findings in few lines, and none lost."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from migration_lint.findings import Finding, Severity
from migration_lint.report.digest import MANY, Digest, digest
from migration_lint.report.formats.text import render
from migration_lint.report.view import View

from .world import INDEX, TYPE, report


def _findings(files: int, each: int, finding: Finding = INDEX) -> list[Finding]:
    return [
        replace(finding, span=replace(finding.span, path=f"{number}.sql", line=line))
        for number in range(files)
        for line in range(1, each + 1)
    ]


def _all(told: Digest) -> list[Finding]:
    return [*(one for item in told.items for one in (item.finding, *item.alike)), *told.counted]


def _blocks(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


@pytest.mark.parametrize(("files", "each"), [(1, 1), (1, MANY), (1, MANY + 1), (30, 3), (200, 2)])
def test_none_is_lost(files: int, each: int) -> None:
    findings = _findings(files, each) + _findings(files, each, TYPE)
    told = digest(findings, _blocks)
    assert sorted(map(id, _all(told))) == sorted(map(id, findings))
    assert told.short == len(findings) - sum(item.full for item in told.items)


def test_few_are_shown_in_full() -> None:
    assert digest(_findings(4, 5), _blocks).short == 0


def test_many_are_a_line_for_each_rule_and_file() -> None:
    told = digest(_findings(10, 5), _blocks)
    assert [(item.full, len(item.alike)) for item in told.items] == [(True, 0), (False, 3)] + [(False, 4)] * 9


def test_very_many_that_block_nothing_are_counted() -> None:
    warnings = _findings(150, 1, TYPE)
    told = digest([*warnings, INDEX, INDEX], _blocks)
    assert (len(told.items), len(told.counted)) == (6, 146)
    text = render(report(*warnings, INDEX), View())
    assert f"(146 more that block nothing: 146 of {TYPE.rule})" in text
    assert "--since REF" in text


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("V1__a.sql", "on the line above: -- migration-lint: ignore[index-build-waits] REASON"),
        ("versions/1_a.py", "on the line above: # migration-lint: ignore[index-build-waits] REASON"),
        ("a.YAML", "on the line above: # migration-lint: ignore[index-build-waits] REASON"),
        ("db.changelog.xml", "on the line above: <!-- migration-lint: ignore[index-build-waits] REASON -->"),
        ("db.changelog.json", "under per_path_ignores in the configuration: JSON has no comments"),
    ],
)
def test_how_to_allow_it_is_said_in_the_language_of_the_file(path: str, hint: str) -> None:
    text = render(report(replace(INDEX, span=replace(INDEX.span, path=path))), View())
    assert f"Take the safe way, or allow it {hint}\n" in text
