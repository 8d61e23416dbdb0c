"""One database of a server, and the connections to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from urllib.parse import quote

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[object, ...]]
"""What `Host.connect` gives: rows come as tuples."""

ADMIN = "postgres"
"""The superuser of a server of our own."""

_WATCHING = "-c search_path=pg_catalog -c statement_timeout=0 -c lock_timeout=0"
"""For our own sessions: nothing that a migration made may stand in for what we call."""


class Host(ABC):
    """A server that has databases. `admin` is the role that administrates it.

    `shared`: others use it too, and have roles of their own there.
    """

    admin: str
    shared: bool

    @cached_property
    def release(self) -> str:
        """The version with its minor release (``18.6``)."""
        with self.connect() as connection:
            major, minor = divmod(connection.info.server_version, 10000)
            return f"{major}.{minor}"

    @property
    def version(self) -> str:
        """The major version (``18``)."""
        return self.release.partition(".")[0]

    @abstractmethod
    def connect(
        self, database: str | None = None, *, user: str | None = None, options: str = ""
    ) -> Connection:
        """A new connection in autocommit mode, to the server's own database unless one is named.

        As who administrates the server, unless another user is named.
        """

    @abstractmethod
    def new_name(self) -> str:
        """A name for a database that is not there yet."""

    @abstractmethod
    def create_owner(self) -> str:
        """A role that owns databases and runs migrations, and is no superuser."""

    @abstractmethod
    def environment(self, database: str, user: str) -> dict[str, str]:
        """The variables by which a program finds a database, its password included.

        libpq's own, and ``DATABASE_URL``.
        """

    @abstractmethod
    def described(self) -> str:
        """For people: what server it is."""

    @abstractmethod
    def how_to_reach(self) -> str:
        """For people: how to look into a server that is kept, and how to end it."""

    @abstractmethod
    def keep(self) -> None:
        """Leave everything as it is when this process ends."""


class Database:
    """A database. `owner` is the role that migrations run as."""

    def __init__(self, server: Host, name: str, owner: str = ADMIN) -> None:
        self.server = server
        self.name = name
        self.owner = owner
        self._open: list[Connection] = []

    @classmethod
    def create(cls, server: Host, owner: str, template: str = "template0") -> Database:
        """A new database, as a copy of another. Nobody may be connected to that one."""
        name = server.new_name()
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.Identifier(owner)
        )
        with server.connect() as connection:
            connection.execute(statement)
        return cls(server, name, owner)

    def connect(self) -> Connection:
        """A new connection as the owner, in autocommit mode; closed with the database."""
        return self._kept(self.server.connect(self.name, user=self.owner))

    def watch(self) -> Connection:
        """A new connection of our own, as who administrates; closed with the database."""
        return self._kept(self.server.connect(self.name, options=_WATCHING))

    def run(self, *statements: str) -> None:
        """Each statement, committed on its own, on a connection of its own, as the owner."""
        with self.server.connect(self.name, user=self.owner) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def copy(self) -> Database:
        """A new database with the same content. Nobody may be connected to this one."""
        return Database.create(self.server, self.owner, self.name)

    def leave(self) -> None:
        """Close the connections."""
        for connection in self._open:
            connection.close()
        self._open.clear()

    def drop(self) -> None:
        """Close the connections and drop the database."""
        self.leave()
        drop(self.server, self.name)

    def _kept(self, connection: Connection) -> Connection:
        self._open = [each for each in self._open if not each.closed]
        self._open.append(connection)
        return connection


def variables(host: str, port: int, database: str, user: str, password: str) -> dict[str, str]:
    """libpq's variables for a database, and ``DATABASE_URL``."""
    place = f"{quote(user, safe='')}:{quote(password, safe='')}@{quote(host, safe='')}:{port}"
    return {
        "PGHOST": host,
        "PGPORT": str(port),
        "PGDATABASE": database,
        "PGUSER": user,
        "PGPASSWORD": password,
        "DATABASE_URL": f"postgresql://{place}/{quote(database, safe='')}",
    }


def scalar(connection: Connection, query: str, *parameters: object) -> object:
    """The one value that a query answers with."""
    row = connection.execute(query.encode(), parameters or None).fetchone()
    return row[0] if row is not None else None


def drop(server: Host, name: str) -> None:
    """Drop a database that may be there, whoever is connected to it."""
    with server.connect() as connection:
        connection.execute(
            b"SELECT pg_catalog.pg_terminate_backend(pid)"
            b" FROM pg_catalog.pg_stat_activity WHERE datname = %s",
            (name,),
        )
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
