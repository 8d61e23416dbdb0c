"""Many findings, told shortly: each rule once in full, then a line for each file, then only numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from migration_lint.findings import Finding

MANY = 20
"""With more findings than that, a rule is shown in full once, and in a line for each other file."""
_VERY_MANY = 100
"""With more than that, what does not block is only counted, once its rule has been shown in full."""


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
    samples: set[str] = set()
    counted: list[Finding] = []
    groups: dict[object, list[Finding]] = {}
    for number, finding in enumerate(findings):
        if finding.rule not in samples:
            samples.add(finding.rule)
            groups[number] = [finding]
        elif len(findings) > _VERY_MANY and not blocks(finding):
            counted.append(finding)
        else:
            groups.setdefault((finding.rule, finding.span.path), []).append(finding)
    items = (Item(one, isinstance(key, int), tuple(alike)) for key, (one, *alike) in groups.items())
    return Digest(tuple(items), tuple(counted))


def numbers(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    """(rule, how many), most first."""
    found: dict[str, int] = {}
    for finding in findings:
        found[finding.rule] = found.get(finding.rule, 0) + 1
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
