from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from migration_lint.catalog import Catalog
from migration_lint.engines.engine import Outcome
from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.findings import Finding, Severity
from migration_lint.linting.dispatch import Dispatch
from migration_lint.linting.rule import Rule
from migration_lint.linting.runner import lint
from migration_lint.linting.selection import Choice, select
from migration_lint.model import Direction, Document, Error, History, Script, Step
from tests.linting.world import ORDERS, checked, history, linted, own_rules

INDEX = "create index on orders (user_id);\n"


def test_rules_judge_targets_and_see_what_context_made() -> None:
    result = checked(history({"1.sql": ORDERS + INDEX, "2.sql": INDEX}, {"2"}))
    assert [(f.rule, f.migration, f.span.path) for f in result.findings] == [
        ("index-build-waits", "2", "2.sql")
    ]
    assert (result.migrations, result.statements) == (1, 1)


def test_what_the_same_migration_made_hurts_nobody() -> None:
    assert checked(history({"1.sql": ORDERS + INDEX})).findings == ()


def test_findings_come_in_the_order_of_the_files_and_their_text() -> None:
    sql = "delete from orders;\n" + INDEX + INDEX
    result = checked(history({"0.sql": ORDERS, "2.sql": INDEX, "1.sql": sql}, {"1", "2"}))
    assert [(f.span.path, f.span.line) for f in result.findings] == [
        ("2.sql", 1),
        ("1.sql", 1),
        ("1.sql", 2),
        ("1.sql", 3),
    ]


def test_the_same_finding_is_reported_once() -> None:
    assert [f.rule for f in linted("delete from orders;").findings] == ["no-rows-deleted"]


def test_down_is_judged_from_the_catalog_after_up_and_the_history_goes_on_from_there() -> None:
    files = {
        "1.sql": ORDERS,
        "2.sql": "create table extra (id int);",
        "2.down.sql": "create index e on extra (id);",
        "3.sql": "create index x on extra (id);",
    }
    result = checked(history(files, {"2", "3"}))
    assert [(f.span.path, f.direction, f.severity) for f in result.findings] == [
        ("2.down.sql", Direction.DOWN, Severity.WARNING),
        ("3.sql", Direction.UP, Severity.ERROR),
    ]


def test_a_stall_that_no_rule_explains_goes_to_the_backstop() -> None:
    result = linted("alter table orders alter column user_id type text;")
    assert [f.rule for f in result.findings] == ["other-stall"]


def test_a_stall_that_a_rule_explains_does_not() -> None:
    assert [f.rule for f in linted(INDEX).findings] == ["index-build-waits"]


def test_a_rule_that_is_switched_off_still_explains() -> None:
    result = linted(INDEX, Choice(ignore=["index-build-waits"]))
    assert [(f.rule, f.suppressed.by if f.suppressed else None) for f in result.findings] == [
        ("index-build-waits", "config")
    ]


class Crashing(Rule):
    id = "crashing"

    def check(self, step: Step) -> Iterator[Finding]:
        yield self.finding(step, why="seen before the crash", instead="")
        raise KeyError("oh")


class CrashingAtTheEnd(Rule):
    id = "crashing-at-the-end"

    def finish(self, steps: object) -> Iterator[Finding]:
        raise RecursionError("deep")


def test_a_rule_that_crashes_is_an_error_and_the_rest_goes_on() -> None:
    rules = {**own_rules(), "crashing": Crashing, "crashing-at-the-end": CrashingAtTheEnd}
    what = history({"old.sql": ORDERS, "new.sql": "select 1;\n" + INDEX}, {"new"})
    result = lint([what], PostgresEngine("18"), select(rules, Choice(), "postgres"))
    assert [f.rule for f in result.findings] == ["index-build-waits"]
    assert [(e.path, e.line) for e in result.errors] == [("new.sql", 1), ("new.sql", 2), ("new.sql", 1)]
    assert "rule crashing crashed: KeyError: 'oh' (test_runner.py:" in result.errors[0].message
    assert "rule crashing-at-the-end crashed: RecursionError: deep" in result.errors[2].message


class BrokenEngine(PostgresEngine):
    def run(self, script: Script, before: Catalog, **about: Any) -> Outcome:
        if "boom" in script.sql:
            raise ZeroDivisionError("engine")
        return super().run(script, before, **about)


def test_an_engine_that_crashes_is_an_error_of_that_file() -> None:
    what = history({"0.sql": ORDERS, "1.sql": "select 'boom';", "2.sql": INDEX}, {"1", "2"})
    result = lint([what], BrokenEngine("18"), select(own_rules(), Choice(), "postgres"))
    assert [f.span.path for f in result.findings] == ["2.sql"]
    assert [e.path for e in result.errors] == ["1.sql"]
    assert "ZeroDivisionError: engine" in result.errors[0].message


def test_a_syntax_error_hides_nothing_else() -> None:
    result = linted("selec 1;\n" + INDEX)
    assert [(f.rule, f.span.line) for f in result.findings] == [("index-build-waits", 2)]
    assert [e.line for e in result.errors] == [1]


def test_a_syntax_error_in_context_is_an_aside() -> None:
    result = checked(history({"1.sql": ORDERS + "selec 1;", "2.sql": INDEX}, {"2"}))
    assert result.errors == ()
    assert [(e.path, e.line) for e in result.asides] == [("1.sql", 2)]
    assert [f.rule for f in result.findings] == ["index-build-waits"]


def test_what_the_source_could_not_read_is_an_error() -> None:
    error = Error("x.sql", 1, "unreadable")
    result = checked(History("", "sql", (), frozenset(), errors=(error, error)))
    assert result.errors == (error,)


def test_a_schema_may_be_given_to_start_from() -> None:
    engine = PostgresEngine("18")

    start = engine.read_schema(Document("structure.sql", ORDERS)).after
    assert isinstance(start, Catalog)
    what = history({"new.sql": INDEX})
    selection = select(own_rules(), Choice(), "postgres")
    (finding,) = lint([what], engine, selection, start=start).findings
    assert finding.relation == "public.orders"


def test_progress_is_told_after_each_migration() -> None:
    told: list[tuple[int, int]] = []
    what = history({"1.sql": ORDERS, "2.sql": INDEX})
    selection = select(own_rules(), Choice(), "postgres")
    lint([what], PostgresEngine("18"), selection, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("sql", "asked"), [(INDEX, ["index-build-waits"]), ("select 1;", []), (ORDERS, ["long-name"])]
)
def test_a_rule_is_asked_only_about_the_effects_that_it_names(sql: str, asked: list[str]) -> None:
    engine = PostgresEngine("18")
    rules = select(own_rules(), Choice(select=["all"]), "postgres").rules
    first = history({"1.sql": sql}).migrations[0]
    (step,) = engine.run(first.up, Catalog(), migration="1").steps
    assert [rule.id for rule in Dispatch(rules).watch(step).rules] == asked
