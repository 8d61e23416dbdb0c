from collections.abc import Iterator, Sequence

from migration_lint.effects import DeleteRows
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step


class NoRowsDeleted(Rule):
    """A script that deletes rows cannot be taken back."""

    severity = Severity.WARNING

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for step in steps:
            for change in step.each(DeleteRows):
                yield self.finding(
                    step, change, why=f"rows of {change.relation} are gone", instead="copy them first"
                )
                yield self.finding(
                    step, change, why=f"rows of {change.relation} are gone", instead="copy them first"
                )
                return
