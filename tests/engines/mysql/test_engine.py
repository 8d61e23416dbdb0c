"""What stands beside the truth table: assertions as written, foreign keys, sessions, transactions."""

from __future__ import annotations

import pytest

from migration_lint.effects import (
    AddColumn,
    ChangeColumnType,
    CreateIndex,
    DropIndex,
    DropNotNull,
    IndexBuild,
    Lock,
    RedefineColumn,
    RenameColumn,
    Rewrite,
    SetNotNull,
    Unknown,
)
from migration_lint.engines.mysql.server import server_of
from migration_lint.model import Document, TransactionMode, TransactionRule

from .predict import engine, kinds, lock, step, steps
from .reading import HERE

ADD = "alter table loose add foreign key (uid) references users (id)"
MAKE = "create table o2 (uid bigint, foreign key (uid) references users (id))"
FOREIGN = (
    "create table users (id bigint primary key, name varchar(20)); "
    "create table orders (id bigint primary key, uid bigint, key (uid), "
    "constraint fk foreign key (uid) references users (id)); "
    "create table loose (id bigint primary key, uid bigint);"
)


@pytest.mark.parametrize(
    ("server", "sql", "number"),
    [
        ("mysql 8.4", "alter table orders add x int, algorithm=instant, lock=none", 1221),
        ("mysql 8.4", "alter table orders add x int, algorithm=instant, lock=default", None),
        ("mariadb 10.11", "alter table orders add x int, algorithm=instant, lock=none", None),
        ("mysql 5.7", "alter table orders add x int, algorithm=instant", 1064),
        ("mysql 8.0.28", "alter table orders add x int first, algorithm=instant", 1845),
        ("mysql 8.0.29", "alter table orders add x int first, algorithm=instant", None),
        ("mysql 8.4", "alter table orders modify email text, algorithm=inplace", 1846),
        ("mysql 8.4", "alter table orders modify email text, lock=none", 1846),
        ("mysql 8.4", "alter table orders modify email text, lock=shared", None),
        ("mysql 8.4", "alter table orders modify email text, algorithm=copy, lock=none", 1846),
        ("mariadb 10.11", "alter table orders modify email text, algorithm=copy, lock=none", 1846),
        ("mariadb 11.4", "alter table orders modify email text, algorithm=copy, lock=none", None),
        ("mariadb 10.11", "alter table orders add index (email), algorithm=instant", 1846),
        ("mariadb 10.11", "alter table orders add index (email), algorithm=nocopy, lock=none", None),
        ("mysql 8.4", "alter table orders add index (email), algorithm=nocopy", 1064),
        ("mysql 8.4", "create index i on orders (email) algorithm=inplace lock=none", None),
        ("mysql 8.4", "create fulltext index i on orders (email) lock=none", 1846),
        ("mariadb 10.11", "alter online table orders modify email text", 1846),
        ("mysql 8.4", "alter table orders rename to o, lock=none", None),
        ("mariadb 10.11", "alter table orders rename to o, lock=none", 1845),
        ("mysql 8.4", "alter table orders add column if not exists x int", 1064),
        ("mariadb 10.11", "alter table orders add column if not exists x int", None),
        ("mysql 8.4", "alter table orders add column uid int", 1060),
        ("mysql 8.4", "alter table orders modify nothing int", 1054),
        ("mysql 8.4", "alter table orders drop column nothing", 1091),
        ("mysql 8.4", "alter table orders drop index nothing", 1091),
        ("mysql 8.4", "alter table orders add index uid (email)", 1061),
        ("mysql 8.4", "alter table orders drop index uid, add index uid (email)", None),
        ("mysql 8.4", "alter table orders add index i (nothing)", 1072),
        ("mysql 8.4", "alter table orders add column nothing int, add index i (nothing)", None),
        ("mysql 8.4", "alter table orders add primary key (uid)", 1068),
        ("mysql 5.7", "alter table orders add index i (uid) invisible", 1064),
    ],
)
def test_assertions_are_judged(server: str, sql: str, number: int | None) -> None:
    refused = step(sql, server).refused
    assert (refused is None) if number is None else (refused or "").startswith(f"error {number}:")


def test_inplace_defeats_instant_on_mysql_alone() -> None:
    """MySQL takes ALGORITHM as an order, MariaDB as a limit."""
    sql = "alter table orders add x int, algorithm=inplace"
    on_mysql, on_mariadb = step(sql, "mysql 8.4"), step(sql, "mariadb 10.11")
    assert lock(on_mysql).algorithm == "INPLACE" and Rewrite in kinds(on_mysql)
    assert lock(on_mariadb).algorithm == "INSTANT" and Rewrite not in kinds(on_mariadb)


def test_a_stronger_lock_is_held() -> None:
    found = lock(step("alter table orders add index (email), lock=exclusive"))
    assert (found.lock, found.mode.blocks_reads, found.mode.blocks_writes) == ("EXCLUSIVE", True, True)


def test_every_alter_is_exclusive_for_a_moment() -> None:
    found = lock(step("alter table orders add x int"))
    assert (found.algorithm, found.metadata_lock) == ("INSTANT", "EXCLUSIVE")
    assert not found.mode.blocks_reads and not found.mode.blocks_writes


def test_the_worst_clause_decides() -> None:
    together = lock(step("alter table orders add x int, add index (email), modify uid int"))
    assert (together.algorithm, together.lock) == ("COPY", "SHARED")


def test_effects_know_their_clauses() -> None:
    sql = "alter table orders add x int, modify `email` varchar(60), drop index uid"
    found = step(sql)
    added, changed, dropped = (next(found.each(kind)) for kind in (AddColumn, RedefineColumn, DropIndex))
    assert [found.text_of(effect) for effect in (added, changed, dropped)] == [
        "add x int",
        "modify `email` varchar(60)",
        "drop index uid",
    ]


def test_an_unknown_clause_is_treated_as_the_worst() -> None:
    found = step("alter table orders add x int, frobnicate")
    assert [unknown.clause for unknown in found.each(Unknown)] == [1]
    assert next(found.each(AddColumn)).column.name == "x"
    assert (lock(found).algorithm, lock(found).certain) == ("COPY", False)


def test_an_unknown_table_is_not_certain() -> None:
    found = step("alter table nobody modify a bigint")
    assert (lock(found, "nobody").algorithm, lock(found, "nobody").certain) == ("COPY", False)


def test_row_versions_are_counted() -> None:
    """MySQL 8.4.13 took 64 and refused the 65th; by default it rebuilds, and counts anew."""
    sql = "".join(f"alter table orders add c{number} int;" for number in range(66))
    found = steps(sql)
    assert [lock(one).algorithm for one in found[62:]] == ["INSTANT", "INSTANT", "INPLACE", "INSTANT"]
    asserted = steps(
        sql.split("alter table orders add c64")[0] + "alter table orders add y int, algorithm=instant"
    )
    assert (asserted[-1].refused or "").startswith("error 4092:")
    newer = steps("".join(f"alter table orders add c{number} int;" for number in range(66)), "mysql 9.1")
    assert {lock(one).algorithm for one in newer} == {"INSTANT"}


@pytest.mark.parametrize(
    ("server", "sql", "other", "metadata_lock", "blocks_writes"),
    [
        ("mysql 8.4", ADD, "users", "EXCLUSIVE", True),
        ("mysql 8.4", "alter table orders drop foreign key fk", "users", "EXCLUSIVE", False),
        ("mysql 8.4", MAKE, "users", "EXCLUSIVE", False),
        ("mysql 8.4", "drop table orders", "users", "EXCLUSIVE", False),
        ("mysql 8.4", "alter table users add x int", "orders", "EXCLUSIVE", False),
        ("mysql 8.4", "rename table users to people", "orders", "EXCLUSIVE", False),
        ("mysql 8.4", "truncate table orders", "users", "SHARED_NO_WRITE", False),
        ("mysql 8.4", "alter table orders add x int", "users", "SHARED_NO_WRITE", False),
        ("mariadb 10.11", "alter table users add x int", "orders", "SHARED_NO_WRITE", False),
        ("mariadb 10.11", ADD, "users", "SHARED_NO_WRITE", True),
        ("mariadb 10.11", MAKE, "users", None, False),
        ("mariadb 11.8", MAKE, "users", "SHARED_NO_WRITE", False),
        ("mariadb 10.11", "drop table orders", "users", "SHARED_NO_WRITE", False),
        ("mariadb 11.8", "drop table orders", "users", "EXCLUSIVE", False),
        ("mariadb 10.11", "alter table orders drop foreign key fk", "users", "SHARED_NO_WRITE", False),
        ("mysql 5.7", "alter table orders add x int", "users", None, False),
        ("mysql 5.7", "alter table users add x int", "orders", "SHARED_NO_WRITE", False),
        ("mysql 5.7", "drop table orders", "users", None, False),
    ],
)  # fmt: skip
def test_the_other_side_of_foreign_keys(
    server: str, sql: str, other: str, metadata_lock: str | None, blocks_writes: bool
) -> None:
    """As observed: who waits for a transaction that read, or wrote, the other table."""
    found = [one for one in step(sql, server, FOREIGN).each(Lock) if one.relation == other]
    assert [one.metadata_lock for one in found] == ([] if metadata_lock is None else [metadata_lock])
    assert all(one.mode.blocks_writes is blocks_writes for one in found)


@pytest.mark.parametrize(
    ("server", "sql", "number"),
    [
        ("mysql 5.7", "drop table users", 1217),
        ("mysql 8.4", "drop table users", 3730),
        ("mariadb 10.11", "drop table users", 1451),
        ("mysql 8.4", "drop table orders, users", None),
        ("mysql 8.4", "set foreign_key_checks=0; drop table users", None),
        ("mysql 8.4", "truncate users", 1701),
        ("mysql 8.4", "alter table orders drop index uid", 1553),
        ("mysql 8.4", "alter table orders drop foreign key fk, drop index uid", None),
        ("mysql 8.4", "alter table orders drop column uid", 1828),
        ("mysql 8.4", "alter table orders modify uid int", 3780),
        ("mysql 5.7", "alter table orders modify uid int", 1832),
        ("mariadb 10.11", "alter table orders modify uid int", 1832),
        ("mariadb 10.11", "alter table users modify id int", 1833),
        ("mariadb 10.11", "alter table orders modify uid bigint not null", None),
        ("mysql 8.4", "set foreign_key_checks=0; alter table orders modify uid int", None),
    ],
)
def test_foreign_keys_refuse(server: str, sql: str, number: int | None) -> None:
    refused = step(sql, server, FOREIGN).refused
    assert (refused is None) if number is None else (refused or "").startswith(f"error {number}:")


def test_modify_leaves_out_what_it_does_not_say() -> None:
    given = "create table t (a int not null default 5 comment 'c')"
    found = step("alter table t change a b bigint", given=given)
    assert kinds(found)[:4] == [ChangeColumnType, DropNotNull, RedefineColumn, RenameColumn]
    redefined = next(found.each(RedefineColumn))
    assert redefined.old is not None and redefined.old.default is not None
    assert (redefined.new.default, redefined.new.comment, redefined.new.not_null) == (None, None, False)
    after = steps("alter table t change a b bigint; alter table t modify b bigint not null", given=given)[-1]
    assert SetNotNull in kinds(after) and ChangeColumnType not in kinds(after)


def test_names_of_columns_do_not_care_about_case() -> None:
    found = step("alter table orders modify EMAIL varchar(50) not null")
    assert lock(found).certain and next(found.each(SetNotNull)).column == "email"


def test_an_index_goes_on_without_a_column() -> None:
    given = "create table t (a int, b int, c int, key k (a, b))"
    found = steps("alter table t drop column a; alter table t drop column b", given=given)
    (left,) = found[-1].before.indexes_on("t")
    assert left.columns == ("b",)


def test_an_index_belongs_to_its_table() -> None:
    given = "create table a (x int, key k (x)); create table b (x int, key k (x))"
    found = steps("alter table a drop index k; rename table b to c; alter table c drop index k", given=given)
    assert {index.name for index in found[1].before.indexes.values()} == {"b.k"}
    assert next(found[2].each(DropIndex)).definition is not None


def test_use_and_qualified_names() -> None:
    given = "create table app.orders (id int primary key, a int)"
    assert lock(step("use app; alter table orders add x int", given=given), "app.orders").certain
    assert lock(step("alter table orders add x int", given=given), "app.orders").certain


def test_ddl_commits() -> None:
    sql = "begin; insert into orders (uid) values (1); alter table orders add x int; rollback"
    found = steps(sql)
    assert [one.transaction for one in found[1:3]] == [
        TransactionRule.ALLOWED,
        TransactionRule.IMPLICIT_COMMIT,
    ]
    assert found[2].session.transaction is not None and found[3].session.transaction is None
    assert found[2].held != () and found[3].held == ()
    wrapped = steps("alter table orders add x int; alter table orders add y int", mode=TransactionMode.ONE)
    assert [one.session.transaction is None for one in wrapped] == [False, True]


def test_lock_tables_are_held_until_unlocked() -> None:
    found = steps("lock tables orders write; alter table orders add x int; unlock tables; select 1")
    assert [len(one.held) for one in found] == [0, 1, 1, 0]


def test_the_session_is_read() -> None:
    found = steps(
        "set session lock_wait_timeout = 5; set sql_mode = ''; alter table orders modify uid bigint not null"
    )
    assert found[-1].session.lock_timeout == 5000
    assert lock(found[-1]).algorithm == "COPY"


def test_an_index_build_names_the_index() -> None:
    found = step("create unique index u on orders (email)")
    assert next(found.each(IndexBuild)).index == "orders.u" and next(found.each(CreateIndex)).index.unique


@pytest.mark.parametrize(
    ("flavour", "text", "version"),
    [
        ("mysql", "8.0.36-28", (8, 0, 36)),
        ("mysql", "8.0.mysql_aurora.3.05.2", (8, 0, 46)),
        ("mysql", "8.0", (8, 0, 46)),
        ("mysql", "9", (9, 7, 4)),
        ("mysql", "26.10", (26, 10, 99)),
        ("mariadb", "10.11.6-MariaDB-log", (10, 11, 6)),
        ("mariadb", "5.5.5-10.6.7-MariaDB", (10, 6, 7)),
        ("mysql", "5.6", None),
        ("mysql", "next", None),
    ],
)
def test_versions_as_servers_write_them(
    flavour: str, text: str, version: tuple[int, int, int] | None
) -> None:
    found = server_of(flavour, text)
    assert (found.version if found is not None else None) == version


def test_a_dump_is_a_schema() -> None:
    outcome = engine("mariadb 10.11").read_schema(
        Document("dump.sql", (HERE / "dump.sql").read_text("utf-8"))
    )
    assert outcome.errors == ()
    shop = outcome.after.relation("shop")
    assert shop is not None and shop.origin is None and [one.name for one in shop.triggers] == ["shop_bi"]
    assert [child.name for child, _ in outcome.after.foreign_keys_to("shop")] == ["child"]
