"""Which checks are asked, and which of them block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migration_lint.checklist.check import Check
from migration_lint.checklist.waivers import covers
from migration_lint.errors import UsageError
from migration_lint.suggestion import suggestion
from migration_lint.targets import Policy, Target


def policies(checks: Sequence[Check], target: Target) -> dict[str, Policy]:
    """The policy of each check, by its id: the most specific name that the target gives; else required.

    Raises UsageError for a name that means no check.
    """
    ids = [check.id for check in checks]
    _known(target.checks, ids, "checks")
    _known((waiver.check for waiver in target.waivers), ids, "waivers")
    made: dict[str, Policy] = {}
    for check in checks:
        names = [name for name in target.checks if covers(name, check.id)]
        usual: Policy = "required" if check.applies(target) else "off"
        made[check.id] = target.checks[max(names, key=len)] if names else usual
    return made


def _known(names: Iterable[str], ids: Sequence[str], where: str) -> None:
    groups = dict.fromkeys(part for check in ids for part in (check.partition("-")[0], check))
    for name in names:
        if not any(covers(name, check) for check in ids):
            near = suggestion(name, groups) or f" (known: {', '.join(groups)})"
            raise UsageError(f"targets: {where}: no check is called {name!r}{near}")
