"""Programs of the system, run with a time limit and without a shell."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from threading import Thread, Timer

from msgspec import Struct

from migration_lint.checklist.unanswered import Unanswered

_MOST = 16 * 1024 * 1024
"""Bytes of an answer; a longer one is none."""


class Ran(Struct, frozen=True):
    """How a program ended, and what it wrote."""

    code: int
    out: bytes
    err: str


def installed(program: str) -> bool:
    """Whether the program is there."""
    return shutil.which(program) is not None


def run(words: Sequence[str], seconds: float, stdin: Iterable[bytes] | None = None) -> Ran:
    """Run a program. It and its children are ended when the time is up, and `Unanswered` is raised.

    `stdin` is fed to it; a program that stops reading is not a failure, trouble in reading `stdin` is
    raised here.
    """
    name = words[0]
    try:
        process = subprocess.Popen(  # noqa: S603 - the words of the configuration, no shell
            list(words),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
        )
    except FileNotFoundError as error:
        raise Unanswered(f"{name} is not installed here, or not on the PATH") from error
    except OSError as error:
        raise Unanswered(f"{name} cannot be run: {error.strerror}") from error
    late: list[bool] = []

    def stop() -> None:
        late.append(True)
        _end(process)

    timer = Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        with _fed(process, stdin):
            out, err = process.communicate()
    finally:
        timer.cancel()
        _end(process)
    if late:
        raise Unanswered(f"{name} gave no answer within {seconds:g} s")
    if len(out) > _MOST:
        raise Unanswered(f"{name} wrote more than {_MOST // 1024 // 1024} MiB")
    return Ran(process.returncode, out, err.decode(errors="replace"))


@contextlib.contextmanager
def _fed(process: subprocess.Popen[bytes], stdin: Iterable[bytes] | None) -> Iterator[None]:
    """Feeds the program from a thread, while what it writes is read."""
    pipe, process.stdin = process.stdin, None
    if pipe is None or stdin is None:
        yield
        return
    trouble: list[Exception] = []

    def feed() -> None:
        try:
            with contextlib.suppress(BrokenPipeError), pipe:
                for chunk in stdin:
                    pipe.write(chunk)
        except Exception as error:  # raised again below, in the thread that asked
            trouble.append(error)

    feeder = Thread(target=feed, daemon=True)
    feeder.start()
    yield
    feeder.join()
    if trouble:
        raise trouble[0]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def last_line(text: str) -> str:
    """The last line that says something, cut short."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
