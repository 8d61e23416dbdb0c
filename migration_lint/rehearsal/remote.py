"""A scratch server that somebody else runs, by its connection string: databases of our own on it.

What looks like production is refused. Names of databases and roles carry a number that this run alone
holds (as an advisory lock, which the server lets go of when we end), so that the next run knows
what a killed one left, and removes it.
"""

from __future__ import annotations

import itertools
import re
import secrets
from types import TracebackType

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from migration_lint.errors import UsageError
from migration_lint.rehearsal.database import Connection, Host, drop, scalar, variables
from migration_lint.rehearsal.roles import create_owner

PREFIX = "migration_lint_"
MOST_MEGABYTES = 500
"""A server with more in its databases than that looks like production."""

_LOCK = 0x6D6C  # "ml": the first key of our advisory locks
_OURS = re.compile(rf"{PREFIX}(?P<number>\d+)(?:_\d+)?")
_HISTORIES = (
    "flyway_schema_history schema_version databasechangelog alembic_version schema_migrations "
    "goose_db_version gorp_migrations atlas_schema_revisions _prisma_migrations _sqlx_migrations "
    "__diesel_schema_migrations refinery_schema_history pgmigrations django_migrations "
    "ar_internal_metadata knex_migrations sequelizemeta migration_history"
).split()
"""Tables in which migration tools keep what has run."""
_FOUND = b"""
SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND lower(c.relname) = ANY(%s)
"""


class Remote(Host):
    """The server. Use as a context manager: what it made is dropped on the way out.

    `sure`: the user says that it is no production. Raises UsageError where it cannot be used.
    """

    def __init__(self, dsn: str, *, sure: bool = False) -> None:
        try:
            self._parameters = conninfo_to_dict(dsn)
        except psycopg.ProgrammingError:
            # Its message may quote the password.
            raise UsageError("--server: not a valid connection string or postgresql:// URL") from None
        self._sure = sure
        self._number = secrets.randbelow(2**31 - 1)
        self._numbers = itertools.count(1)
        self._passwords: dict[str, str] = {}
        self._keeper: Connection | None = None
        self._kept = False
        self.shared = True

    def __enter__(self) -> Remote:
        self._keeper = self.connect()
        self.admin = self._keeper.info.user
        try:
            self._keeper.execute(b"SELECT pg_advisory_lock(%s, %s)", (_LOCK, self._number))
            self._check(self._keeper)
            self._remove_leftovers(self._keeper)
        except BaseException:
            self._keeper.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._kept:
                self._remove(self._number)
        finally:
            if self._keeper is not None:
                self._keeper.close()

    def connect(
        self, database: str | None = None, *, user: str | None = None, options: str = ""
    ) -> Connection:
        """A new connection in autocommit mode. Raises UsageError, without secrets."""
        changed: dict[str, str] = {"connect_timeout": "10"}
        if database is not None:
            changed["dbname"] = database
        if user is not None:
            changed["user"] = user
        if user in self._passwords:
            changed["password"] = self._passwords[user]
        given = str(self._parameters.get("options") or "")
        if given or options:
            changed["options"] = f"{given} {options}".strip()
        try:
            return psycopg.connect(make_conninfo("", **{**self._parameters, **changed}), autocommit=True)
        except psycopg.OperationalError as error:
            raise UsageError(f"--server: cannot connect: {self._without_secrets(str(error))}") from None

    def new_name(self) -> str:
        """A name for a database that is not there yet."""
        return f"{PREFIX}{self._number}_{next(self._numbers)}"

    def create_owner(self) -> str:
        """A role that is no superuser; the one of the connection string, where that is none."""
        with self.connect() as connection:
            if connection.info.parameter_status("is_superuser") != "on":
                return self.admin
        name = f"{PREFIX}{self._number}"
        self._passwords[name] = create_owner(self, name)
        return name

    def environment(self, database: str, user: str) -> dict[str, str]:
        """The variables by which a program finds a database."""
        password = self._passwords.get(user) or str(self._parameters.get("password") or "")
        with self.connect(database, user=user) as connection:
            return variables(connection.info.host, connection.info.port, database, user, password)

    def described(self) -> str:
        """For people."""
        return f"PostgreSQL {self.release}, the server of --server"

    def how_to_reach(self) -> str:
        """For people."""
        return f"drop the databases and roles named {PREFIX}{self._number}… when you have looked at them"

    def keep(self) -> None:
        """Leave the databases where they are. The next run removes them."""
        self._kept = True

    def _check(self, keeper: Connection) -> None:
        """Raises UsageError for a server that cannot be used, or should not be."""
        can = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        if scalar(keeper, can) is not True:
            raise UsageError(f"--server: {self.admin} may not create databases there")
        if scalar(keeper, "SELECT pg_is_in_recovery()"):
            raise UsageError("--server: it is a standby, where nothing can be created")
        signs = [] if self._sure else self._signs(keeper)
        if signs:
            raise UsageError(
                f"--server looks like production: {'; '.join(signs)} (--i-know if it is a scratch server)"
            )

    def _signs(self, connection: Connection) -> list[str]:
        """What looks like production."""
        signs = []
        names = [
            str(name)
            for (name,) in connection.execute(
                b"SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate"
                b" AND has_database_privilege(datname, 'CONNECT') ORDER BY 1"
            ).fetchall()
            if not _OURS.fullmatch(str(name))
        ]
        size = scalar(connection, "SELECT sum(pg_database_size(n::name)) FROM unnest(%s::text[]) n", names)
        megabytes = int(str(size or 0)) // 1024**2
        if megabytes > MOST_MEGABYTES:
            signs.append(f"its databases hold {megabytes:,} MB")
        if int(str(scalar(connection, "SELECT count(*) FROM pg_stat_replication"))):
            signs.append("a standby is connected to it")
        for name in names:
            with self.connect(name) as other:
                for (table,) in other.execute(_FOUND, (_HISTORIES,)).fetchall():
                    if self._has_rows(other, str(table)):
                        signs.append(f"migrations have run in its database {name} ({table})")
        return signs

    def _has_rows(self, connection: Connection, table: str) -> bool:
        try:
            return scalar(connection, f"SELECT EXISTS (SELECT FROM {table})") is True
        except psycopg.errors.InsufficientPrivilege:
            return True  # somebody guards it

    def _remove_leftovers(self, keeper: Connection) -> None:
        """What runs that were killed have left: nobody holds their number."""
        rows = keeper.execute(
            b"SELECT datname FROM pg_database WHERE datname LIKE 'migration\\_lint\\_%'"
            b" UNION SELECT rolname FROM pg_roles WHERE rolname LIKE 'migration\\_lint\\_%'"
        ).fetchall()
        found = [_OURS.fullmatch(str(name)) for (name,) in rows]
        for number in {int(match["number"]) for match in found if match is not None} - {self._number}:
            if number < 2**31 and scalar(keeper, "SELECT pg_try_advisory_lock(%s, %s)", _LOCK, number):
                self._remove(number)
                scalar(keeper, "SELECT pg_advisory_unlock(%s, %s)", _LOCK, number)

    def _remove(self, number: int) -> None:
        """Drop the databases and the role of a run."""
        with self.connect() as connection:
            names = [
                str(name) for (name,) in connection.execute(b"SELECT datname FROM pg_database").fetchall()
            ]
        for name in names:
            if name.startswith(f"{PREFIX}{number}_"):
                drop(self, name)
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(f"{PREFIX}{number}")))

    def _without_secrets(self, message: str) -> str:
        for secret in [self._parameters.get("password"), *self._passwords.values()]:
            if secret:
                message = message.replace(str(secret), "***")
        return " ".join(message.split())
