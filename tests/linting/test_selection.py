from __future__ import annotations

import pytest

from migration_lint.errors import UsageError
from migration_lint.findings import Severity
from migration_lint.linting.selection import Choice, select
from tests.linting.world import checked, history, linted, own_rules

INDEX = "create index i on orders (user_id);\n"
DEFAULT = ["index-build-waits", "no-rows-deleted", "other-stall"]


def chosen(choice: Choice) -> list[str]:
    return [rule.id for rule in select(own_rules(), choice, "postgres").rules]


@pytest.mark.parametrize(
    ("choice", "rules"),
    [
        (Choice(), DEFAULT),
        (Choice(pedantic=True), ["index-build-waits", "long-name", "no-rows-deleted", "other-stall"]),
        (Choice(select=["all"]), ["index-build-waits", "long-name", "no-rows-deleted", "other-stall"]),
        (Choice(select=["pedantic"]), ["long-name"]),
        (
            Choice(select=["default", "long-name"]),
            ["index-build-waits", "long-name", "no-rows-deleted", "other-stall"],
        ),
        (Choice(select=["long-name"]), ["long-name"]),
        (Choice(select=["eugene:E6"]), ["index-build-waits"]),
        (
            Choice(severity={"long-name": "warning"}),
            ["index-build-waits", "long-name", "no-rows-deleted", "other-stall"],
        ),
        (Choice(severity={"long-name": "off"}), DEFAULT),
    ],
)
def test_which_rules_run(choice: Choice, rules: list[str]) -> None:
    assert chosen(choice) == rules


def test_rules_of_another_engine_do_not_run() -> None:
    assert select(own_rules(), Choice(), "mysql").rules == ()


@pytest.mark.parametrize(
    ("choice", "complaint"),
    [
        (
            Choice(select=["index-build-wait"]),
            "select: there is no rule 'index-build-wait'; did you mean 'index-build-waits'?",
        ),
        (Choice(ignore=["nonsense"]), "ignore: there is no rule 'nonsense'"),
        (Choice(severity={"nonsense": "off"}), "severity: there is no rule"),
        (Choice(per_path={"*": ["nonsense"]}), "per_path_ignores: there is no rule"),
        (Choice(settings={"nonsense": {}}), "rules: there is no rule"),
        (
            Choice(settings={"long-name": {"limits": 3}}),
            r"rules.long-name: unknown option 'limits' \(known: limit\)",
        ),
        (Choice(settings={"long-name": {"limit": "3"}}), "rules.long-name.limit: expected int, got '3'"),
        (Choice(settings={"long-name": {"limit": True}}), "rules.long-name.limit: expected int"),
        (Choice(settings={"other-stall": {"a": 1}}), "the rule has none"),
    ],
)
def test_what_is_not_known_is_refused(choice: Choice, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        select(own_rules(), choice, "postgres")


def test_severity_is_overridden() -> None:
    (finding,) = linted(INDEX, Choice(severity={"index-build-waits": "note"})).findings
    assert finding.severity is Severity.NOTE


def test_what_is_milder_in_a_down_script_stays_so() -> None:
    what = history(
        {"0.sql": "create table orders (user_id int);", "1.sql": "select 1;", "1.down.sql": INDEX}, {"1"}
    )
    for override, expected in (("error", Severity.WARNING), ("note", Severity.NOTE)):
        (finding,) = checked(what, Choice(severity={"index-build-waits": override})).findings
        assert finding.severity is expected


@pytest.mark.parametrize(
    ("glob", "suppressed"),
    [
        ("new.sql", True),
        ("*.sql", True),
        ("./n*", True),
        ("db/*.sql", False),
        ("ew.sql", False),
    ],
)
def test_ignores_by_path(glob: str, suppressed: bool) -> None:
    (finding,) = linted(INDEX, Choice(per_path={glob: ["index-build-waits"]})).findings
    assert (finding.suppressed is not None) is suppressed


@pytest.mark.parametrize(
    "glob", ["V1.sql", "db/**", "db/old/*.sql", "*/old/V?.sql", "app/db/old/V1.sql", "old/*"]
)
def test_globs_match_from_any_folder_on(glob: str) -> None:
    what = history(
        {"app/db/old/V0.sql": "create table orders (user_id int);", "app/db/old/V1.sql": INDEX},
        {"app/db/old/V1"},
    )
    (finding,) = checked(what, Choice(per_path={glob: ["index-build-waits"]})).findings
    assert finding.suppressed is not None
    assert finding.suppressed.reason == f"per_path_ignores: {glob}"


def test_options_reach_the_rule() -> None:
    table = "create table table_name (id int);"
    assert [f.rule for f in linted(table, Choice(pedantic=True)).findings] == ["long-name"]
    assert linted(table, Choice(pedantic=True, settings={"long-name": {"limit": 20}})).findings == ()
