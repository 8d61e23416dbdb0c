from collections.abc import Iterator

from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Disorder, History


class LateVersion(Rule):
    """A new migration sorts before one that is already merged.

    It happens when a branch is merged after another that took a later number. Databases have run the
    later one: some tools then stop, some never run this one, and some run it, but in an order in which
    nobody tried it. Found with ``--since``, against the merge base.

    Bad [disorder=late]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")

    def check_history(self, history: History) -> Iterator[Finding]:
        for found in history.irregularities:
            if found.disorder is Disorder.LATE:
                yield self.blame(
                    history,
                    found,
                    why=f"it sorts before {found.other}, which is merged: {found.consequence}",
                    instead=found.remedy or f"give it a version after {found.other}",
                )
