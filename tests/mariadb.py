"""A throw-away MariaDB server from the installed `mariadbd`, for one test session.

It has a data folder of its own and listens on a socket in it and nowhere else; nothing of it is left when
it has stopped. It is driven through the `mariadb` client, one process per session, so that a session can
wait while another one works.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

_SETTINGS = (
    "--skip-networking",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--skip-log-bin",
    "--event-scheduler=OFF",
    "--lower-case-table-names=0",
)
_SECONDS = 90


class Refused(Exception):
    """The server refused a statement. `number` is its error number."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(f"error {number}: {message}")
        self.number = number


class MariaDB:
    """A running server. Use as a context manager."""

    def __init__(self) -> None:
        self._programs = {name: _program(name) for name in ("mariadbd", "mariadb-install-db", "mariadb")}
        self._home = Path(tempfile.mkdtemp(prefix="ml-my-", dir="/tmp"))  # sockets need short paths
        self._account = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> MariaDB:
        data = self._home / "data"
        data.mkdir()
        if os.getuid() == 0:
            shutil.chown(self._home, self._account)
            shutil.chown(data, self._account)
        where = (f"--datadir={data}", f"--user={self._account}", "--no-defaults")
        subprocess.run(
            [
                *(self._programs["mariadb-install-db"], "--no-defaults", *where[:2]),
                *("--auth-root-authentication-method=normal", "--skip-test-db"),
            ],
            check=True,
            capture_output=True,
        )
        self._process = subprocess.Popen(
            [
                *(self._programs["mariadbd"], "--no-defaults", *where[:2], f"--socket={self.socket}"),
                *(f"--pid-file={self._home / 'pid'}", *_SETTINGS),
            ],
            stdout=subprocess.DEVNULL,
            stderr=(self._home / "log").open("wb"),
        )
        until = time.monotonic() + _SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self._home / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_SECONDS)
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._home / "socket"

    @property
    def version(self) -> str:
        """``10.11.6-MariaDB-…``."""
        return self.run("select version()").strip()

    def run(self, sql: str, database: str = "") -> str:
        """What the statements answer, tab-separated. Raises Refused."""
        done = subprocess.run(
            self._client(database), input=sql, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if done.returncode:
            raise _refused(done.stderr)
        return done.stdout

    def fresh(self, database: str = "example") -> str:
        """An empty database."""
        self.run(f"drop database if exists {database}; create database {database} character set utf8mb4")
        return database

    def _client(self, database: str) -> list[str]:
        return [
            *(self._programs["mariadb"], "--no-defaults", "--batch", "--skip-column-names", "--user=root"),
            *(f"--socket={self.socket}", *([database] if database else [])),
        ]

    def _answers(self) -> bool:
        done = subprocess.run(self._client(""), input="select 1", capture_output=True, text=True, check=False)
        return done.returncode == 0


def _refused(text: str) -> Refused:
    for line in text.splitlines():
        if line.startswith("ERROR "):
            number, _, message = line.removeprefix("ERROR ").partition(" ")
            return Refused(int(number), message)
    return Refused(0, text)


def _program(name: str) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=path)
    assert found is not None, f"{name} is missing: apt-get install mariadb-server (.ci/tools does it)"
    return found
