from collections.abc import Iterator

from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Disorder, History


class DuplicateVersion(Rule):
    """Two migrations have the same version, and the tool takes them for one.

    It happens when two branches are merged that both took the next number. Most tools then stop; some
    run only one of the two, so that databases differ and nobody is told.

    Bad [disorder=duplicate]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")

    def check_history(self, history: History) -> Iterator[Finding]:
        for found in history.irregularities:
            if found.disorder is Disorder.DUPLICATE:
                yield self.blame(
                    history,
                    found,
                    why=f"{found.other} has the same version: {found.consequence}",
                    instead=found.remedy or "give the one that is not merged yet the next free version",
                )
