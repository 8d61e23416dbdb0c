from __future__ import annotations

import pytest

from migration_lint.findings import Finding, Severity
from migration_lint.linting.selection import Choice
from tests.linting.world import checked, history, linted

INDEX = "create index i on orders (user_id);"
NOTES = {
    "malformed-suppression",
    "suppression-without-reason",
    "unknown-rule-in-suppression",
    "unused-suppression",
}


def split(findings: tuple[Finding, ...]) -> tuple[list[str], list[str], list[str]]:
    """(counting, suppressed, notes)."""
    rules = [finding for finding in findings if finding.rule not in NOTES]
    return (
        [finding.rule for finding in rules if finding.suppressed is None],
        [finding.rule for finding in rules if finding.suppressed is not None],
        [finding.rule for finding in findings if finding.rule in NOTES],
    )


HONOURED = [
    "-- migration-lint: ignore[index-build-waits] small table\n" + INDEX,
    "-- migration-lint:ignore[ index-build-waits , other-stall ]: small table\n" + INDEX,
    "/* migration-lint: ignore[index-build-waits] small table */ " + INDEX,
    "/* migration-lint: ignore[index-build-waits] small\n table */\n" + INDEX,
    INDEX + " -- migration-lint: ignore[index-build-waits] small table",
    "create index i -- migration-lint: ignore[index-build-waits] small table\n on orders (user_id);",
    "create index i\n on orders (user_id) -- migration-lint: ignore[index-build-waits] small table\n;",
    "create index i\n on orders (user_id); -- migration-lint: ignore[index-build-waits] small table\n",
    "-- migration-lint: ignore[index-build-waits] small table,\n-- as everybody knows\n" + INDEX,
    "-- migration-lint: ignore-file[index-build-waits] small tables\n\nselect 1;\n\n" + INDEX,
    INDEX + "\n\n-- migration-lint: ignore-file[index-build-waits] small tables",
    "-- migration-lint: ignore[squawk:require-concurrent-index-creation] small table\n" + INDEX,
    "select 1; /* migration-lint: ignore[index-build-waits] small */ " + INDEX,
]

FOREIGN = [
    "-- squawk-ignore require-concurrent-index-creation\n" + INDEX,
    "-- squawk-ignore ban-drop-column, require-concurrent-index-creation -- we know\n" + INDEX,
    "-- squawk-ignore\n" + INDEX,
    "/* squawk-ignore require-concurrent-index-creation */\n" + INDEX,
    "-- squawk-ignore-file require-concurrent-index-creation\n\nselect 1;\n" + INDEX,
    "-- squawk-ignore-file\nselect 1;\n" + INDEX,
    "-- eugene: ignore E2, E6\n" + INDEX,
    "-- eugene: ignore\n-- for the reader\n" + INDEX,
    "-- pgfence-ignore: create-index\n" + INDEX,
    "-- pgfence-ignore\n" + INDEX,
    "-- pgfence: ignore create-index\n" + INDEX,
]

NOT_HONOURED = [
    "-- migration-lint: ignore[index-build-waits] too far away\n\n" + INDEX,
    "-- migration-lint: ignore[index-build-waits] another statement\nselect 1;\n" + INDEX,
    "select 1; -- migration-lint: ignore[index-build-waits] belongs to the select\n" + INDEX,
    "select '-- migration-lint: ignore-file[index-build-waits] a string';\n" + INDEX,
    "select $$\n-- migration-lint: ignore-file[index-build-waits] a string\n$$;\n" + INDEX,
    "-- see migration-lint: ignore[index-build-waits] not at the start\n" + INDEX,
    "-- migration-lint: ignore[other-stall] another rule\n" + INDEX,
    "-- migration-lint: ignore\n" + INDEX,
    "-- migration-lint: ignore-file\n" + INDEX,
    "-- migration-lint: ingore[index-build-waits] misspelled\n" + INDEX,
    "-- squawk-ignore ban-drop-column\n" + INDEX,
    "-- squawk-ignored require-concurrent-index-creation\n" + INDEX,
    "-- eugene: ignore E5\n" + INDEX,
]


@pytest.mark.parametrize("sql", HONOURED)
def test_a_suppression_of_ours_is_honoured(sql: str) -> None:
    counting, suppressed, notes = split(linted(sql).findings)
    assert (counting, suppressed) == ([], ["index-build-waits"])
    assert notes in ([], ["unused-suppression"])


@pytest.mark.parametrize("sql", FOREIGN)
def test_a_suppression_of_another_tool_is_honoured_without_notes(sql: str) -> None:
    assert split(linted(sql).findings) == ([], ["index-build-waits"], [])


@pytest.mark.parametrize("sql", NOT_HONOURED)
def test_what_does_not_reach_the_finding_suppresses_nothing(sql: str) -> None:
    counting, suppressed, _ = split(linted(sql).findings)
    assert (counting, suppressed) == (["index-build-waits"], [])


def test_atlas_comments_by_statement_and_at_the_head_of_the_file() -> None:
    from migration_lint.linting.directives import directives
    from tests.linting.world import script

    assert [
        directive.file for directive in directives(script("a.sql", "-- atlas:nolint\n\nselect 1;"), [])
    ] == [True]
    assert [
        directive.file for directive in directives(script("a.sql", "-- atlas:nolint X\nselect 1;"), [])
    ] == [False]


def test_a_suppressed_finding_keeps_the_reason_and_its_line() -> None:
    (finding,) = linted(
        "select 1;\n-- migration-lint: ignore[index-build-waits]:  small  table\n" + INDEX
    ).findings
    assert finding.suppressed is not None
    assert (finding.suppressed.by, finding.suppressed.reason, finding.suppressed.line) == (
        "comment",
        "small table",
        2,
    )


@pytest.mark.parametrize(
    ("comment", "notes"),
    [
        ("ignore[index-build-waits]", ["suppression-without-reason"]),
        ("ignore[index-build-wait] why", ["unknown-rule-in-suppression"]),
        ("ignore[index-build-waits, other-stall] why", ["unused-suppression"]),
        ("ignore[index-build-waits, long-name] why", []),
        ("ignore why", ["malformed-suppression"]),
        ("ignore[] why", ["malformed-suppression"]),
        ("shut up", ["malformed-suppression"]),
    ],
)
def test_notes_on_suppressions(comment: str, notes: list[str]) -> None:
    findings = linted(f"-- migration-lint: {comment}\n{INDEX}").findings
    assert split(findings)[2] == notes
    for finding in findings:
        if finding.rule in NOTES:
            assert (finding.span.line, finding.span.column) == (1, 1)
            assert finding.fingerprint


def test_the_nearest_rule_is_named() -> None:
    findings = linted("-- migration-lint: ignore[index-build-wait] why\n" + INDEX).findings
    assert any("did you mean 'index-build-waits'?" in finding.why for finding in findings)


def test_notes_cannot_be_suppressed() -> None:
    sql = (
        "-- migration-lint: ignore-file[unused-suppression] quiet\n"
        "-- migration-lint: ignore[other-stall] nothing here\nselect 1;"
    )
    _, _, notes = split(linted(sql).findings)
    assert "unused-suppression" in notes


def test_a_file_with_errors_has_no_unused_suppressions() -> None:
    sql = "-- migration-lint: ignore[index-build-waits] why\ncreate indx i on orders (user_id);"
    result = linted(sql)
    assert result.errors
    assert split(result.findings)[2] == []


def test_a_suppression_in_copy_data_is_data() -> None:
    sql = (
        "copy orders from stdin;\n1\tit's\n-- migration-lint: ignore[index-build-waits] data\n\\.\n\n"
        "-- migration-lint: ignore[index-build-waits] small table\n" + INDEX
    )
    counting, suppressed, _ = split(linted(sql).findings)
    assert (counting, suppressed) == ([], ["index-build-waits"])


def test_two_statements_on_a_line_have_their_own_suppressions() -> None:
    sql = f"{INDEX} create index j on orders (id); -- migration-lint: ignore[index-build-waits] the last one"
    counting, suppressed, _ = split(linted(sql).findings)
    assert (counting, suppressed) == (["index-build-waits"], ["index-build-waits"])


def test_a_suppressed_finding_still_explains_its_stall() -> None:
    result = linted("-- migration-lint: ignore[index-build-waits] small table\n" + INDEX)
    assert split(result.findings) == ([], ["index-build-waits"], [])


def test_a_suppression_goes_for_its_own_file() -> None:
    sql = "-- migration-lint: ignore-file[index-build-waits] up only\n" + INDEX
    what = history(
        {
            "old.sql": "create table orders (user_id int);",
            "a.sql": sql,
            "a.down.sql": INDEX.replace(" i ", " "),
        },
        {"a"},
    )
    found = [f for f in checked(what, Choice()).findings if f.rule not in NOTES]
    assert [(f.span.path, f.suppressed is None) for f in found] == [("a.sql", False), ("a.down.sql", True)]
    assert found[1].severity is Severity.WARNING


def test_the_configuration_may_ask_for_reasons() -> None:
    sql = f"-- migration-lint: ignore[index-build-waits]\n{INDEX}"
    choice = Choice(severity={"suppression-without-reason": "error"})
    note, finding = linted(sql, choice).findings
    assert (note.rule, note.severity, note.suppressed) == ("suppression-without-reason", Severity.ERROR, None)
    assert finding.suppressed is not None
    note, _ = linted(sql, Choice(ignore=["suppression-without-reason"])).findings
    assert note.suppressed is not None
