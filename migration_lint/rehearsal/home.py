"""The folder of a server that is thrown away: one owner, a guard, and nothing left of it.

The owner holds a lock on a file in it, which the system lets go of when the owner ends. What nobody
holds any more, because owner and guard were both killed, is removed by the next rehearsal.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from migration_lint.rehearsal import guard
from migration_lint.rehearsal.account import Account

PREFIX = "ml-pg-"
_LOCK = "lock"
_KEPT = "kept"
_YOUNG = 60.0
"""Seconds that a folder without a lock may be in the making."""


class Home:
    """A new folder. `server` is the part of it that belongs to the server's account."""

    def __init__(self, account: Account | None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_parent())).resolve()
        self._lock = _locked(self.path)
        self._guard = _guarded(self.path)
        self.server = self.path / "server"
        self.server.mkdir(mode=0o700)
        if account is not None:
            os.chown(self.server, *account)
            self.path.chmod(0o711)

    def keep(self) -> None:
        """Leave the folder where it is, and what runs in it alone."""
        (self.path / _KEPT).touch()
        self._let_go(guard.KEEP)

    def remove(self) -> None:
        """Remove it, and end what still runs in it."""
        guard.end(self.path)
        self._let_go(b"")

    def _let_go(self, word: bytes) -> None:
        try:
            self._guard.communicate(word, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            self._guard.kill()
            self._guard.wait()
        self._lock.close()


def remove_leftovers() -> list[Path]:
    """Remove what other rehearsals of this user left when they were killed; the folders' names."""
    removed = []
    for path in sorted(_parent().glob(f"{PREFIX}*")):
        if _abandoned(path):
            guard.end(path.resolve())
            removed.append(path)
    return removed


def _abandoned(path: Path) -> bool:
    try:
        about = path.lstat()
        ours = sys.platform == "win32" or about.st_uid == os.geteuid()
        if path.is_symlink() or not path.is_dir() or not ours or (path / _KEPT).exists():
            return False
        lock = path / _LOCK
        if not lock.exists():
            return time.time() - about.st_mtime > _YOUNG
        return not _held(lock)
    except OSError:  # gone meanwhile
        return False


def _parent() -> Path:
    # Not $TMPDIR where it can be helped: a socket's path may not exceed 107 bytes.
    short = Path("/tmp")  # noqa: S108 - a random folder in it
    return short if sys.platform != "win32" and short.is_dir() else Path(tempfile.gettempdir())


def _locked(home: Path) -> IO[bytes]:
    """The folder's lock file, open and held. It has its name only once it is held."""
    new = home / f"{_LOCK}.new"
    file = new.open("wb")
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
        new.rename(home / _LOCK)
    else:  # an open file cannot be renamed there, nor removed, which is lock enough
        file.close()
        new.rename(home / _LOCK)
        file = (home / _LOCK).open("wb")
    return file


def _held(lock: Path) -> bool:
    if sys.platform == "win32":
        try:
            lock.unlink()
        except OSError:
            return True
        return False
    import fcntl

    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _guarded(home: Path) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home.anchor,
            start_new_session=True,
        )
    except OSError:
        shutil.rmtree(home, ignore_errors=True)
        raise
