from collections.abc import Iterator
from typing import ClassVar

from migration_lint.effects import CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step


class LongName(Rule):
    """A long name is hard to read."""

    severity = Severity.NOTE
    pedantic = True
    options: ClassVar[dict[str, int | str | bool]] = {"limit": 8}
    on = (CreateTable,)

    def check(self, step: Step) -> Iterator[Finding]:
        limit = self.settings["limit"]
        for change in step.each(CreateTable):
            name = change.relation.partition(".")[2]
            if isinstance(limit, int) and len(name) > limit:
                yield self.finding(
                    step, change, why=f"{name} has more than {limit} letters", instead="cut it"
                )
