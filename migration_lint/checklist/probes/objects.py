"""Object stores, through fsspec: ``s3://bucket/…``, ``gs://…``, ``abfs://…``.

A glob of a bucket that is not there, or may not be listed, finds nothing and says nothing: so the folder is
listed first.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, BinaryIO

from migration_lint.checklist.unanswered import Unanswered


class Objects:
    """A store of objects. Paths are URLs."""

    def find(self, pattern: str) -> list[str]:
        """The objects and prefixes that a glob matches."""
        system, path = _system(pattern)
        root = path.split("*")[0].split("?")[0].split("[")[0].rpartition("/")[0]
        listed = self._asked(pattern, lambda: system.ls(root, detail=False))
        if listed is None:
            raise Unanswered(f"{_shown(pattern)}: there is no such folder")
        found = self._asked(pattern, lambda: system.glob(path)) or []
        return sorted(str(system.unstrip_protocol(one)) for one in found)

    def names(self, path: str) -> list[str] | None:
        """What begins with a prefix; None of an object."""
        system, key = _system(path)
        if not self._asked(path, lambda: system.isdir(key)):
            return None
        listed = self._asked(path, lambda: system.ls(key, detail=False)) or []
        return sorted(one.rstrip("/").rpartition("/")[2] for one in listed)

    def modified(self, path: str) -> datetime:
        """When it was last written; of a prefix, its newest object."""
        system, key = _system(path)
        keys = self._asked(path, lambda: system.find(key)) or [key]
        times = [self._asked(path, lambda one=one: system.modified(one)) for one in keys]
        known = [time for time in times if isinstance(time, datetime)]
        if not known:
            raise Unanswered(f"{_shown(path)}: it does not say when it was written")
        newest = max(time if time.tzinfo else time.replace(tzinfo=timezone.utc) for time in known)
        return newest.astimezone(timezone.utc)

    def size(self, path: str) -> int:
        """Bytes; of a prefix, of all below it."""
        system, key = _system(path)
        return int(self._asked(path, lambda: system.du(key)) or 0)

    def open(self, path: str) -> BinaryIO:
        """Read as it is asked for."""
        system, key = _system(path)
        opened: BinaryIO = self._asked(path, lambda: system.open(key, "rb"))
        return opened

    def local(self, path: str) -> str | None:
        """Programs of this machine do not see it."""
        return None

    def _asked(self, path: str, question: Any) -> Any:
        """None where it is not there. What the library says is not shown: it may hold credentials."""
        try:
            return question()
        except FileNotFoundError:
            return None
        except Exception as error:
            raise Unanswered(f"{_shown(path)}: no answer ({type(error).__name__})") from None


def _system(url: str) -> tuple[Any, str]:
    try:
        import fsspec  # type: ignore[import-untyped]  # it ships no types
    except ImportError as error:
        raise Unanswered(
            f"{_shown(url)} needs a library: pip install 'migration-safety-gate[checklist]'"
        ) from error
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise Unanswered(f"{_shown(url)} needs a library of fsspec for {url.partition(':')[0]}") from error
    return system, str(path)


def _shown(url: str) -> str:
    """Without what may stand before an ``@``."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"
