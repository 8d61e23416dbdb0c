"""``python -m benchmarks``: how long migration-lint takes, as a multiple of what squawk takes.

Both check the same generated migrations, in turns (ours, theirs, ours, …), each as a new process
with its output thrown away, so that the machine's moods hit both. What is printed is the median of
the ratios of the pairs, and the medians of both.
"""

from __future__ import annotations

import argparse
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from msgspec import Struct

from .files import write_files, write_one

_MEGABYTE = 1024 * 1024
_CASES: dict[str, tuple[str, Callable[[Path], int], int]] = {
    "1": ("1 file", lambda folder: write_files(folder, 1), 21),
    "100": ("100 files", lambda folder: write_files(folder, 100), 11),
    "1000": ("1,000 files", lambda folder: write_files(folder, 1_000), 7),
    "10000": ("10,000 files", lambda folder: write_files(folder, 10_000), 5),
    "5mb": ("one 5 MB file", lambda folder: write_one(folder, 5 * _MEGABYTE), 5),
}


class Timing(Struct, frozen=True):
    """Medians in seconds over `pairs` runs of each; `ratio` is the median of ours / theirs."""

    name: str
    bytes: int
    pairs: int
    ours: float
    theirs: float
    ratio: float


def main() -> int:
    """Measure the chosen sizes and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help=f"of {', '.join(_CASES)} (all)")
    parser.add_argument("--pairs", type=int, help="how many pairs of runs (else by size)")
    parser.add_argument("--markdown", action="store_true", help="a table for the README")
    options = parser.parse_args()
    unknown = set(options.sizes) - set(_CASES)
    if unknown:
        parser.error(f"unknown size {', '.join(sorted(unknown))} (known: {', '.join(_CASES)})")
    squawk = shutil.which("squawk", path=str(Path(sys.executable).parent)) or shutil.which("squawk")
    if squawk is None:
        parser.error("squawk is not installed: pip install --group benchmark")
    timings = []
    for size in options.sizes or _CASES:
        timings.append(_measure(squawk, size, options.pairs))
        if not options.markdown:
            print(_line(timings[-1]), flush=True)
    if options.markdown:
        print(_markdown(squawk, timings))
    return 0


def _measure(squawk: str, size: str, pairs: int | None) -> Timing:
    name, write, usual = _CASES[size]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        written = write(folder)
        # A shell would expand the pattern; both get what they are told in their manuals: we the
        # folder, squawk the files.
        files = sorted(str(path) for path in folder.iterdir())
        ours = [sys.executable, "-m", "migration_lint", "check", str(folder), "--output-format", "json"]
        theirs = [squawk, "--reporter", "gcc", *files]
        _seconds(ours), _seconds(theirs)  # warms the page cache and our byte code
        taken = [(_seconds(ours), _seconds(theirs)) for _ in range(pairs or usual)]
    return Timing(
        name,
        written,
        len(taken),
        median(ours for ours, _ in taken),
        median(theirs for _, theirs in taken),
        median(ours / theirs for ours, theirs in taken),
    )


def _seconds(command: list[str]) -> float:
    # An installed package has its byte code; a checkout gets it at the first run, unless told not to.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, check=False
    )
    taken = time.perf_counter() - start
    # 0: nothing found; 1: findings. Anything else did not do the work.
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return taken


def _line(timing: Timing) -> str:
    return (
        f"{timing.name:14} {timing.bytes / 1000:9,.0f} kB   ours {timing.ours * 1000:8.0f} ms   "
        f"squawk {timing.theirs * 1000:8.0f} ms   ratio {timing.ratio:5.2f}   ({timing.pairs} pairs)"
    )


def _markdown(squawk: str, timings: list[Timing]) -> str:
    version = subprocess.run([squawk, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    python = ".".join(map(str, sys.version_info[:2]))
    rows = [
        f"| {timing.name} | {timing.bytes / 1000:,.0f} kB | {timing.ours * 1000:,.0f} ms "
        f"| {timing.theirs * 1000:,.0f} ms | {timing.ratio:.2f} |"
        for timing in timings
    ]
    return "\n".join(
        [
            f"`python -m benchmarks --markdown` on {datetime.date.today()}, Python {python}, {version}:",
            "",
            "| migrations | size | migration-lint | squawk | ratio |",
            "| --- | ---: | ---: | ---: | ---: |",
            *rows,
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
