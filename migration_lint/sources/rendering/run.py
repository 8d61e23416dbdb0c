"""Runs a program under a project's own Python, and takes its answer."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping

from migration_lint.errors import UsageError

SECONDS = 300
_LARGEST = 200_000_000
"""Bytes of an answer: some ten thousand migrations."""
_TAIL = 20_000
_PASSWORD = re.compile(r"(?<=://)[^/\s@]*@")


class Failed(Exception):
    """The program did not answer; the message says why, in one line."""


def answer_of(
    program: str, folder: str, request: Mapping[str, object], settings: Mapping[str, object],
    environment: Mapping[str, str] = {},
) -> dict[str, object]:  # fmt: skip
    """The answer of a program of this package, run in a folder with its environment kept. Raises Failed.

    `settings` are those of the tool: ``render_python``, ``render_seconds``.
    """
    import subprocess
    from tempfile import TemporaryDirectory

    python = _python(settings)
    seconds = _seconds(settings)
    with TemporaryDirectory(prefix="migration-lint-") as held:
        answer, errors = f"{held}/answer.json", f"{held}/errors"
        asked = json.dumps({**request, "answer": answer})
        variables = {**environment, **os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        with open(errors, "wb") as told:  # noqa: PTH123 - start-up time
            try:
                process = subprocess.Popen(  # noqa: S603 - a list, no shell; the user asked for it
                    [python, "-c", _text(program), asked],
                    cwd=folder,
                    env=variables,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=told,
                    start_new_session=True,
                )
            except OSError as problem:
                raise Failed(f"{python} cannot be run: {problem.strerror or problem}") from None
            try:
                code = process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                raise Failed(f"it did not end within {seconds} s (render_seconds)") from None
            finally:
                _end(process.pid)
                process.wait()
        if code != 0:
            raise Failed(_last_line(errors) or f"it ended with exit code {code}")
        return _read(answer)


def _read(path: str) -> dict[str, object]:
    try:
        if os.path.getsize(path) > _LARGEST:  # noqa: PTH202
            raise Failed(f"its SQL is larger than {_LARGEST:,} bytes")
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            found = json.load(file)
    except (OSError, ValueError):
        raise Failed("it ended without an answer") from None
    failed = found.get("failed")
    if failed is not None:
        raise Failed(str(failed))
    assert isinstance(found, dict)  # noqa: S101
    return found


def _end(group: int) -> None:
    """Nothing that the program started goes on."""
    import signal

    try:
        os.killpg(group, signal.SIGKILL)
    except (OSError, AttributeError):  # it has ended, or the system has no groups
        return


def _text(program: str) -> str:
    import pkgutil

    data = pkgutil.get_data(__package__, f"{program}.py")
    assert data is not None  # noqa: S101
    return data.decode()


def _python(settings: Mapping[str, object]) -> str:
    """The project's interpreter: as set, of the active environment, or ``python`` on the path."""
    written = settings.get("render_python")
    if written is not None:
        if not isinstance(written, str):
            raise UsageError("render_python: the path of an interpreter is wanted")
        return os.path.abspath(written) if os.sep in written else written  # noqa: PTH100
    active = os.environ.get("VIRTUAL_ENV")
    if active:
        return f"{active}/{'Scripts' if os.name == 'nt' else 'bin'}/python"
    from shutil import which

    return which("python") or which("python3") or "python"


def _seconds(settings: Mapping[str, object]) -> int:
    written = settings.get("render_seconds", SECONDS)
    if isinstance(written, bool) or not isinstance(written, int) or written <= 0:
        raise UsageError("render_seconds: a number of seconds is wanted")
    return written


def _last_line(path: str) -> str:
    """The last line of what it said, where Python names its error, without passwords."""
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL))
        text = file.read().decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _PASSWORD.sub("***@", lines[-1])[:400] if lines else ""
