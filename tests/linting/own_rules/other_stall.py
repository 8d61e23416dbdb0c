from collections.abc import Iterator, Sequence

from migration_lint.findings import Finding
from migration_lint.linting.rule import Backstop
from migration_lint.model import Stall, Step


class OtherStall(Backstop):
    """Something else makes others wait."""

    def check_unexplained(self, step: Step, stalls: Sequence[Stall]) -> Iterator[Finding]:
        for stall in stalls:
            yield self.finding(
                step,
                stall.lock,
                why=f"{stall.lock.relation} is locked during work",
                instead="do it in smaller steps",
                because=(stall.lock, *stall.work),
            )
