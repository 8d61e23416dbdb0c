from collections.abc import Iterator

from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Disorder, History


class SeveralHeads(Rule):
    """Two migrations follow the same one, and nothing merges them.

    It happens when two branches are merged that both went on from the same migration. The tool does not
    know which of the two comes last, and stops at the next deployment.

    Bad [disorder=heads]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")

    def check_history(self, history: History) -> Iterator[Finding]:
        for found in history.irregularities:
            if found.disorder is Disorder.HEADS:
                yield self.blame(
                    history,
                    found,
                    why=f"it and {found.other} both are the last one: {found.consequence}",
                    instead=found.remedy or f"let one of them follow the other ({found.other})",
                )
