from __future__ import annotations

import pytest

from migration_lint.linting.page import parse_page
from migration_lint.model import TransactionMode

PAGE = """Writers wait.

It is slow.

Given:

    create table a (id int);

    create table b (id int);

Bad [version=12, transaction=one] - when wrapped:

    select 1;
    create index on a (id);  -- here
    -- next migration
    select 2;

Between the blocks.

Good:

    select 3;
    -- down
    select 4;

Given:

    create table c ();

Good [refused]:

    select 5;

The end.
"""


def test_a_page_has_a_title_prose_and_examples() -> None:
    page = parse_page(PAGE)
    assert page.title == "Writers wait."
    assert page.prose.split("\n\n") == ["It is slow.", "Between the blocks.", "The end."]
    assert page.body.startswith("It is slow.") and page.body.endswith("The end.")
    assert [(example.kind, example.line) for example in page.examples] == [
        ("bad", 13),
        ("good", 22),
        ("good", 32),
    ]


def test_a_given_goes_for_the_blocks_after_it() -> None:
    bad, good, last = parse_page(PAGE).examples
    assert bad.given == good.given == "create table a (id int);\n\ncreate table b (id int);"
    assert last.given == "create table c ();"


def test_options_and_remarks() -> None:
    bad, good, last = parse_page(PAGE).examples
    assert (bad.version, bad.options["transaction"], bad.remark) == ("12", "one", "when wrapped")
    assert (good.options, good.remark, good.refused) == ({}, "", False)
    assert last.refused


def test_a_block_becomes_a_history_with_its_given_as_context() -> None:
    history = parse_page(PAGE).examples[0].history()
    assert [migration.id for migration in history.migrations] == ["given-1", "example-1", "example-2"]
    assert history.targets == {"example-1", "example-2"}
    assert [migration.up.transaction for migration in history.migrations] == [
        TransactionMode.EACH,
        TransactionMode.ONE,
        TransactionMode.ONE,
    ]
    assert history.migrations[2].up.sql == "select 2;\n"


def test_a_down_script_follows_its_mark() -> None:
    migration = parse_page(PAGE).examples[1].history().migrations[1]
    assert migration.up.sql == "select 3;\n"
    assert migration.down is not None
    assert migration.down.sql == "select 4;\n"


def test_marks_say_where_a_finding_is_due() -> None:
    bad, good, _ = parse_page(PAGE).examples
    assert bad.marks() == [("example-1.sql", 2)]
    assert good.marks() == []


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (" \n ", "title"),
        ("T.\n\nBad:\n\nno block", "Bad has no SQL"),
        ("T.\n\nBad [versoin=1]:\n\n    select 1;", "unknown option versoin"),
    ],
)
def test_what_is_no_page_is_refused(page: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_page(page)


def test_a_page_without_examples() -> None:
    page = parse_page("Only a title.")
    assert (page.title, page.body, page.examples) == ("Only a title.", "", ())
