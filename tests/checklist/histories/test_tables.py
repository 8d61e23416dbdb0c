"""History tables as the tools make them, and what they say of files.

The tables are by each tool's own DDL; Alembic's is made by Alembic.
"""

# ruff: noqa: E501
from __future__ import annotations

from hashlib import sha1, sha256, sha384

import pytest
from alembic.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from migration_lint.checklist.histories.flyway import crc
from migration_lint.checklist.histories.reading import KINDS, read_history
from migration_lint.checklist.histories.table import State
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.rehearsal.database import Database
from migration_lint.sources import load
from tests.checklist.world import asking, dsn_of
from tests.project.readme import ROOT

HISTORIES = ROOT / "fixtures" / "histories"
FLYWAY = """CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50),
 description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int,
 installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL,
 success boolean NOT NULL)"""
FLYWAY_ROW = "INSERT INTO flyway_schema_history VALUES ({}, {}, 'it', '{}', 's', {}, 'u', now() - interval '2h', 1, {})"


def state(database: Database, folder: str) -> dict[str, tuple[State, bool | None, str]]:
    """(state, the same content, why) of each migration of a folder of fixtures."""
    (history,) = load([str(HISTORIES / folder)])
    there = asking("production", dsn_of(database))
    entries = read_history(there, history, None)
    there.close()
    return {name: (entry.state, entry.same, entry.why) for name, entry in entries.items()}


def digest(path: str, algorithm: str) -> str:
    made = {"sha1": sha1, "sha256": sha256, "sha384": sha384}[algorithm]
    return made((HISTORIES / path).read_bytes()).hexdigest()


APPLIED = (State.APPLIED, None, "")
GONE = (State.MISSING, None, "")


def test_flyway(database: Database) -> None:
    folder = HISTORIES / "flyway-users"
    first, second = sorted(folder.glob("V[12]__*.sql"))
    database.run(
        FLYWAY,
        FLYWAY_ROW.format(1, "'1'", "SQL", crc(first.read_text()), "true"),
        FLYWAY_ROW.format(2, "'2.0'", "SQL", 12345, "true"),
    )
    found = state(database, "flyway-users")
    assert found["V1"] == (State.APPLIED, True, "")
    assert found["V2"] == (State.APPLIED, False, "")
    assert {found[name] for name in found if name not in ("V1", "V2")} == {GONE}
    assert second.exists()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (FLYWAY_ROW.format(2, "'1'", "SQL", 1, "false"), (State.FAILED, None, "it failed (success = false)")),
        (FLYWAY_ROW.format(2, "'1'", "UNDO_SQL", 1, "true"), (State.MISSING, None, "it was undone")),
        (FLYWAY_ROW.format(2, "'1'", "DELETE", 1, "true"), (State.MISSING, None, "it was undone")),
        (FLYWAY_ROW.format(2, "'7'", "BASELINE", "NULL", "true"), APPLIED),
    ],
)
def test_flyway_says_no(database: Database, row: str, expected: tuple[State, None, str]) -> None:
    good = FLYWAY_ROW.format(1, "'1'", "SQL", 1, "true")
    database.run(FLYWAY, *([] if "BASELINE" in row else [good]), row)
    assert state(database, "flyway-users")["V1"] == expected


def test_callbacks_of_flyway_are_in_no_history(database: Database) -> None:
    database.run(FLYWAY)
    found = state(database, "flyway-callbacks")
    assert found["beforeEachMigrate"] == APPLIED
    assert found["V1"] == GONE


def test_the_checksum_of_flyway() -> None:
    """Line ends and a byte order mark do not count, everything else does."""
    assert crc("a\nb\n") == crc("\ufeffa\r\nb") == crc("ab")
    assert crc("ab ") != crc("ab")
    assert -(2**31) <= crc("SELECT 1;") < 2**31
    assert crc("123456789") == 0xCBF43926 - 2**32  # the check value of CRC-32


def test_alembic(database: Database) -> None:
    """Alembic itself says what the table is; the one head stands for all that it comes after."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    context = MigrationContext.configure(dialect=dialect)
    made = str(CreateTable(context._version).compile(dialect=dialect))
    database.run(made, "INSERT INTO alembic_version VALUES ('5d20be41c7aa')")
    found = state(database, "alembic-shop")
    assert found["3f1c2a9d7b10"] == found["5d20be41c7aa"] == APPLIED
    assert GONE in found.values()


def test_django(database: Database) -> None:
    database.run(
        "CREATE TABLE django_migrations (id bigint PRIMARY KEY, app varchar(255), name varchar(255), applied timestamptz)",
        "INSERT INTO django_migrations VALUES (1, 'customers', '0001_initial', now()), (2, 'orders', '0002_x', now())",
    )
    found = state(database, "django-shop")
    assert found["customers.0001_initial"] == APPLIED
    assert found["customers.0002_customer_full_name"] == found["orders.0001_initial"] == GONE


def test_golang_migrate(database: Database) -> None:
    database.run(
        "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"
    )
    assert set(state(database, "golang-migrate-billing").values()) == {GONE}
    database.run("INSERT INTO schema_migrations VALUES (1, false)")
    found = state(database, "golang-migrate-billing")
    assert (found["000001_create_accounts"], found["000002_create_invoices"]) == (APPLIED, GONE)
    database.run("UPDATE schema_migrations SET version = 2, dirty = true")
    found = state(database, "golang-migrate-billing")
    assert found["000001_create_accounts"] == APPLIED
    assert found["000002_create_invoices"] == (State.FAILED, None, "it stopped half-way (dirty)")


def test_goose(database: Database) -> None:
    database.run(
        "CREATE TABLE goose_db_version (id int PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL,"
        " is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now())",
        "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (2, false)",
    )
    found = state(database, "goose-orders")
    assert (found["00001_create_orders"], found["00002_note"]) == (APPLIED, GONE)


@pytest.mark.parametrize(
    ("folder", "ddl", "row"),
    [
        ("dbmate-orders", "schema_migrations (version varchar(128) PRIMARY KEY)", "'20240125125451'"),
        (
            "sql-migrate-orders",
            "gorp_migrations (id text PRIMARY KEY, applied_at timestamptz)",
            "'1-create-orders.sql', now()",
        ),
        (
            "diesel-blog",
            "__diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp DEFAULT now())",
            "'00000000000000'",
        ),
        (
            "node-pg-migrate-orders",
            "pgmigrations (id serial PRIMARY KEY, name varchar(255), run_on timestamp)",
            "1, '1700000000000_orders', now()",
        ),
    ],
)
def test_a_row_for_each_that_ran(database: Database, folder: str, ddl: str, row: str) -> None:
    database.run(f"CREATE TABLE {ddl}")
    assert set(state(database, folder).values()) == {GONE}
    database.run(f"INSERT INTO {ddl.partition(' ')[0]} VALUES ({row})")
    first, *others = state(database, folder).values()
    assert first == APPLIED and set(others) == {GONE}


def test_sqlx(database: Database) -> None:
    database.run(
        "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz"
        " NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)",
        "INSERT INTO _sqlx_migrations VALUES (20240101090000, 'a', now(), true, "
        f"'\\x{digest('sqlx-orders/20240101090000_create_orders.up.sql', 'sha384')}', 1),"
        " (20240102090000, 'b', now(), true, '\\x00', 1)",
    )
    found = state(database, "sqlx-orders")
    assert found["20240101090000_create_orders"] == (State.APPLIED, True, "")
    assert found["20240102090000_note"] == (State.APPLIED, False, "")
    database.run("UPDATE _sqlx_migrations SET success = false")
    assert state(database, "sqlx-orders")["20240102090000_note"][0] is State.FAILED


def test_prisma(database: Database) -> None:
    database.run(
        "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at"
        " timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at"
        " timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0)",
        "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name) VALUES "
        f"('1', '{digest('prisma-orders/20240101090000_init/migration.sql', 'sha256')}', now(), '20240101090000_init'),"
        " ('2', 'x', NULL, '20240102090000_note')",
    )
    found = state(database, "prisma-orders")
    assert found["20240101090000_init"] == (State.APPLIED, True, "")
    assert found["20240102090000_note"] == (State.FAILED, None, "it did not finish")
    database.run("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = '2'")
    assert state(database, "prisma-orders")["20240102090000_note"][0] is State.MISSING
    database.run("UPDATE _prisma_migrations SET checksum = 'y'")
    assert state(database, "prisma-orders")["20240101090000_init"] == (State.APPLIED, False, "")


def test_liquibase(database: Database) -> None:
    database.run(
        "CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255)"
        " NOT NULL, dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL, exectype varchar(10) NOT NULL,"
        " md5sum varchar(35))",
        "INSERT INTO databasechangelog VALUES ('1', 'grace', 'classpath:db/changelog.sql', now(), 1, 'EXECUTED', '9:a'),"
        " ('2', 'grace', 'changelog.sql', now(), 2, 'FAILED', '9:a'), ('2', 'ada', 'changelog.sql', now(), 2, 'EXECUTED',"
        " '9:a')",
    )
    found = state(database, "liquibase-sql")
    assert found["changelog.sql::1::grace"] == APPLIED
    assert found["changelog.sql::2::grace"][0] is State.FAILED


def test_sqitch(database: Database) -> None:
    database.run(
        "CREATE SCHEMA sqitch",
        "CREATE TABLE sqitch.changes (change_id text PRIMARY KEY, script_hash text, change text NOT NULL, project text,"
        " committed_at timestamptz NOT NULL)",
        f"INSERT INTO sqitch.changes VALUES ('a', '{digest('sqitch-shop/deploy/orders.sql', 'sha1')}', 'orders', 'shop',"
        " now()), ('b', 'other', 'note', 'shop', now())",
    )
    found = state(database, "sqitch-shop")
    assert found["orders"] == (State.APPLIED, True, "")
    assert found["note"] == (State.APPLIED, False, "")


def test_every_history_is_of_a_source() -> None:
    """A source without one is told as not known (see below), and nothing passes."""
    from migration_lint.sources.source import sources

    assert set(KINDS) <= {source.name for source in sources()}


def test_pgroll(database: Database) -> None:
    from msgspec.structs import replace

    (history,) = load([str(HISTORIES / "sql-shop")])
    database.run(
        "CREATE SCHEMA pgroll",
        "CREATE TABLE pgroll.migrations (schema name, name text, created_at timestamptz DEFAULT now(), done boolean)",
        "INSERT INTO pgroll.migrations (name, done) VALUES ('001_create_customers', true), ('002_create_products', false)",
    )
    there = asking("production", dsn_of(database))
    found = read_history(there, replace(history, tool="pgroll"), None)
    there.close()
    states = [entry.state for entry in found.values()]
    assert states[:2] == [State.APPLIED, State.FAILED]
    assert set(states[2:]) == {State.MISSING}


def test_a_tool_whose_history_is_not_known(database: Database) -> None:
    from msgspec.structs import replace

    (history,) = load([str(HISTORIES / "sql-shop")])
    there = asking("production", dsn_of(database))
    with pytest.raises(Unanswered, match="how hasura keeps its history is not known here"):
        read_history(there, replace(history, tool="hasura"), None)
