"""Scripts through the engine."""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.effects import Effect, Lock
from migration_lint.engines.mysql.engine import MysqlEngine
from migration_lint.engines.mysql.server import server_of
from migration_lint.model import Document, Script, Step, TransactionMode

ORDERS = (
    "create table orders (id bigint primary key auto_increment, uid bigint, email varchar(50), key (uid))"
)


def engine(server: str) -> MysqlEngine:
    """The engine of ``mysql 8.0.32``."""
    flavour, _, version = server.partition(" ")
    found = server_of(flavour, version or None)
    assert found is not None
    return MysqlEngine(found)


def script(sql: str, mode: TransactionMode = TransactionMode.EACH) -> Script:
    """A script."""
    return Script(Document("a.sql", sql), sql, mode)


def steps(
    sql: str, server: str = "mysql 8.4", given: str = ORDERS, mode: TransactionMode = TransactionMode.EACH
) -> tuple[Step, ...]:
    """The steps of a migration on a schema that was there before."""
    before = engine(server).run(script(given), Catalog(complete=True), migration="given").after
    outcome = engine(server).run(script(sql, mode), before, migration="case")
    assert outcome.errors == ()
    return outcome.steps


def step(sql: str, server: str = "mysql 8.4", given: str = ORDERS) -> Step:
    """The last step."""
    return steps(sql, server, given)[-1]


def lock(found: Step, relation: str = "orders") -> Lock:
    """The lock on a relation."""
    (one,) = [lock for lock in found.each(Lock) if lock.relation == relation]
    return one


def kinds(found: Step) -> list[type[Effect]]:
    """The kinds of its effects."""
    return [type(effect) for effect in found.effects]
