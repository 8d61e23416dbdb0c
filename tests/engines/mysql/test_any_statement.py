"""Every statement of the list runs through the engine and all rules, whatever the catalog knows."""

from __future__ import annotations

import pytest

from migration_lint.catalog import Catalog
from migration_lint.effects import Unknown
from migration_lint.linting.loader import load_rules
from migration_lint.linting.runner import lint
from migration_lint.linting.selection import Choice, select
from migration_lint.model import History, Migration

from .predict import engine, script
from .reading import HERE, listed

GIVEN = """
create table users (id bigint primary key, a int, b varchar(10), c int, d int, name varchar(20),
    email varchar(50), status enum('a', 'b'), key idx_a (a), key idx_b (b));
create table orders (id bigint primary key, user_id bigint, total int, constraint chk_total check (total > 0),
    constraint fk_user foreign key (user_id) references users (id));
create table t (id int primary key, created date)
    partition by range (id) (partition p0 values less than (10));
"""
SERVERS = (
    "mysql 5.7",
    "mysql 8.0.28",
    "mysql 8.4",
    "mysql 9",
    "mariadb 10.6",
    "mariadb 10.11",
    "mariadb 11.8",
)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("given", ["", GIVEN], ids=["unknown tables", "known tables"])
def test_the_list_is_judged(server: str, given: str) -> None:
    flavour = server.partition(" ")[0]
    rules = select(load_rules(), Choice(pedantic=True), flavour)
    for number, only, sql in listed():
        if only in ("client", "mysql" if flavour == "mariadb" else "mariadb"):
            continue
        migrations = (Migration("1", "sql", script(given)), Migration("2", "sql", script(sql)))
        history = History("", "sql", migrations, frozenset({"2"}))
        result = lint([history], engine(server), rules, keep_steps=True)
        assert result.errors == (), number
        assert [one for step in result.steps for one in step.each(Unknown)] == [], number


def test_a_dump_is_judged() -> None:
    sql = (HERE / "dump.sql").read_text(encoding="utf-8")
    rules = select(load_rules(), Choice(pedantic=True), "mariadb")
    history = History("", "sql", (Migration("1", "sql", script(sql)),), frozenset({"1"}))
    assert lint([history], engine("mariadb 10.11"), rules, start=Catalog()).errors == ()
