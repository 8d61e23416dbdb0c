"""What stands in for a placeholder is as long, and people are shown what they wrote."""

from __future__ import annotations

import pytest

from migration_lint.placeholders import PLACEHOLDER, identifier, restored


@pytest.mark.parametrize(
    ("placeholder", "name"),
    [
        (":schema", "_schema"),
        ("${Table}", "__table_"),
        ("{{ schema }}", "___schema___"),
        ("%(name)s", "__name_s"),
        ("<%= t %>", "____t___"),
        ("{{\n}}", "__\n__"),
    ],
)
def test_it_is_an_identifier_of_the_same_length(placeholder: str, name: str) -> None:
    assert PLACEHOLDER.fullmatch(placeholder)
    assert identifier(placeholder) == name
    assert len(name) == len(placeholder)


def test_people_are_shown_what_they_wrote() -> None:
    sql = "alter table ${schema}.orders add column x int"
    assert restored("reads of __schema_.orders wait", sql) == "reads of ${schema}.orders wait"
    assert restored("reads of a__schema_ wait", sql) == "reads of a__schema_ wait"


@pytest.mark.parametrize("sql", ["select a[1:n], b::text from _n", "select 1"])
def test_nothing_is_changed_where_there_is_none(sql: str) -> None:
    assert restored("reads of _text wait", sql) == "reads of _text wait"
