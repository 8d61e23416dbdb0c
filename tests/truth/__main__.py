"""``python -m tests.truth [CASE…] [--version N]``: where prediction and observation differ, compactly.

A CASE is a part of a case's name or group. Prints a line per differing field, folded over the
versions that differ alike, and totals per group.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections import Counter

from migration_lint.rehearsal.comparison import Agreement, Fact

from .cases import VERSIONS, Case, cases, ranges
from .compare import differences, start


def main() -> int:
    """Print the table; 1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--version", type=int, action="append", choices=VERSIONS)
    parser.add_argument("--totals", action="store_true", help="only the totals per group")
    parser.add_argument("--traceback", action="store_true", help="where the engine crashes, say where")
    options = parser.parse_args()
    versions = options.version or VERSIONS
    chosen = [
        case
        for case in cases()
        if not options.cases or any(part in case.case or part in case.group for part in options.cases)
    ]
    for version in versions:
        for problem in start(version)[1]:
            print(f"schema.sql | {version} | {problem}")
    total: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for case in chosen:
        total[case.group] += 1
        folded = _folded(case, versions, options.traceback)
        failed[case.group] += bool(folded)
        if folded and not options.totals:
            context = "".join(f"  -- {sql}\n" for sql in (*case.setup, *case.pre))
            print(f"{case.case} | {case.sql}\n{context}", end="")
            for text, where in folded.items():
                print(f"    {ranges(where)} | {text}")
    print()
    for group, count in sorted(total.items()):
        print(f"{count - failed[group]:4} of {count:4} agree  {group}")
    print(f"{len(chosen) - failed.total():4} of {len(chosen):4} agree")
    return 1 if failed.total() else 0


def _folded(case: Case, versions: list[int] | tuple[int, ...], trace: bool) -> dict[str, list[int]]:
    folded: dict[str, list[int]] = {}
    for version in versions:
        try:
            found = differences(case, version)
        except Exception as crash:  # reported as a difference: one crash must not hide the rest
            if trace:
                traceback.print_exc()
            found = [Fact("crash", "", f"{type(crash).__name__}: {crash}", Agreement.PREDICTED_ONLY)]
        for difference in found:
            folded.setdefault(str(difference), []).append(version)
    return folded


if __name__ == "__main__":
    sys.exit(main())
