"""The command lines of online schema change tools, and what each of them would refuse."""

from __future__ import annotations

import shlex

import pytest

from migration_lint.linting.online_tools import alter_text, commands
from tests.engines.mysql.predict import step

PLAIN = "create table shop.orders (id bigint primary key auto_increment, a int, status enum('x', 'y'), u int)"
CHILD = "create table users (id bigint primary key); " + (
    "create table orders (id bigint primary key, a int, uid bigint, "
    "constraint fk foreign key (uid) references users (id))"
)


def shown(
    sql: str, tools: str = "gh-ost, pt-osc, spirit", given: str = PLAIN, server: str = "mysql 8.4"
) -> list[str]:
    found = step(sql, server, given)
    relation = next(name for name in found.before.relations if name.rpartition(".")[2] == "orders")
    return list(commands(found, relation, tools))


@pytest.mark.parametrize(
    ("sql", "alter"),
    [
        ("alter table `my db`.`ord``ers` modify a bigint, algorithm=copy, lock=shared", "modify a bigint"),
        ("ALTER TABLE orders\n  ALGORITHM=INPLACE,\n  ADD COLUMN b INT", "ADD COLUMN b INT"),
        ("alter table orders comment = 'the ''lock=none'' one'", "comment = 'the ''lock=none'' one'"),
        ("create index i on orders (a)", None),
    ],
)
def test_the_clauses_are_as_written(sql: str, alter: str | None) -> None:
    assert alter_text(step(sql, given="create table orders (a int)")) == alter


def test_each_tool_has_its_command() -> None:
    gh_ost, pt_osc, spirit = shown("alter table shop.orders modify status enum('x', 'y', 'z''s') not null")
    words = shlex.split(gh_ost.partition("  #")[0])
    assert words[:4] == ["gh-ost", "--host=REPLICA", "--database=shop", "--table=orders"]
    assert "--alter=modify status enum('x', 'y', 'z''s') not null" in words
    assert "--execute" not in words
    words = shlex.split(pt_osc.partition("  #")[0])
    assert words[:3] == [
        "pt-online-schema-change",
        "--alter",
        "modify status enum('x', 'y', 'z''s') not null",
    ]
    assert "D=shop,t=orders,h=PRIMARY" in words and "--dry-run" in words and "--execute" not in words
    words = shlex.split(spirit)
    assert words[words.index("--statement") + 1].startswith("ALTER TABLE `orders` modify status enum")


def test_one_tool_can_be_picked() -> None:
    sql = "alter table shop.orders modify a bigint"
    assert [line.split()[0] for line in shown(sql, "pt-osc")] == ["pt-online-schema-change"]
    assert shown(sql, "none") == []


@pytest.mark.parametrize(
    ("sql", "given", "refusing"),
    [
        ("alter table orders modify a bigint", CHILD, ["gh-ost", "spirit"]),
        ("alter table orders drop primary key, add primary key (a)", PLAIN, ["pt-osc", "spirit"]),
        ("alter table orders add unique index u (a)", PLAIN, ["gh-ost", "pt-osc", "spirit"]),
        ("alter table orders add column b int not null", PLAIN, ["pt-osc"]),
        ("alter table orders rename to o2, modify a bigint", PLAIN, ["gh-ost", "pt-osc", "spirit"]),
        ("alter table orders modify status enum('y', 'x')", PLAIN, ["spirit"]),
        ("alter table orders modify a bigint", "create table orders (a int)", ["gh-ost", "pt-osc", "spirit"]),
    ],
)
def test_what_a_tool_would_refuse_is_said(sql: str, given: str, refusing: list[str]) -> None:
    lines = shown(sql, given=given)
    assert [line.split()[1] for line in lines if line.startswith("#")] == refusing


def test_foreign_keys_are_written_as_pt_osc_wants_them() -> None:
    (line,) = shown("alter table orders drop foreign key fk, modify a bigint", "pt-osc", CHILD)
    assert "DROP FOREIGN KEY _fk" in line
    parent = CHILD.replace("orders", "lines").replace("users", "orders")
    (line,) = shown("alter table orders modify id int", "pt-osc", parent)
    assert "--alter-foreign-keys-method=rebuild_constraints" in line


def test_spirit_is_for_mysql() -> None:
    (line,) = shown("alter table shop.orders modify a bigint", "spirit", server="mariadb 10.11")
    assert line.startswith("# spirit would not do: it is for MySQL 8.0 and later")
