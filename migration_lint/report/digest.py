"""Many findings, told shortly: each rule once in full, then a line for each file, then only numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from migration_lint.findings import Finding

MANY = 20
"""With more findings than that, a rule is shown in full once, and then in a line for each file."""
_LINES = 3
"""Of what does not block, so many lines for each rule; the rest is counted."""


class Item(Struct, frozen=True):
    """A finding to show, in full or in a line; `alike` are those of its rule and file that it stands for."""

    finding: Finding
    full: bool
    alike: tuple[Finding, ...] = ()


class Digest(Struct, frozen=True):
    """What to show, and the findings that are only counted."""

    items: tuple[Item, ...]
    counted: tuple[Finding, ...] = ()

    @property
    def short(self) -> int:
        """How many findings are not shown in full."""
        return sum(len(item.alike) + (not item.full) for item in self.items) + len(self.counted)


def digest(findings: Sequence[Finding], blocks: Callable[[Finding], bool] | None) -> Digest:
    """All in full where they are few, or `blocks` is None. The order stays."""
    if blocks is None or len(findings) <= MANY:
        return Digest(tuple(Item(finding, full=True) for finding in findings))
    lines: dict[str, int] = {}
    counted: list[Finding] = []
    groups: dict[object, list[Finding]] = {}
    for number, finding in enumerate(findings):
        place = (finding.rule, finding.span.path)
        told = lines.setdefault(finding.rule, -1)
        if told < 0:
            groups[number] = [finding]
        elif place in groups:
            groups[place].append(finding)
            continue
        elif told < _LINES or blocks(finding):
            groups[place] = [finding]
        else:
            counted.append(finding)
        lines[finding.rule] += 1
    items = (Item(one, isinstance(key, int), tuple(alike)) for key, (one, *alike) in groups.items())
    return Digest(tuple(items), tuple(counted))


def numbers(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    """(rule, how many), most first."""
    found: dict[str, int] = {}
    for finding in findings:
        found[finding.rule] = found.get(finding.rule, 0) + 1
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
