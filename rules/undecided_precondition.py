from collections.abc import Iterator

from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Disorder, History


class UndecidedPrecondition(Rule):
    """Only the database decides whether a change runs: its preconditions are taken as met here.

    What is said of the change, and of all that comes after it, is right where it runs. Where it does not,
    Liquibase may note it as run all the same (`onFail="MARK_RAN"`), and databases then differ.

    Bad [disorder=conditional]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    severity = Severity.NOTE
    engines = ("postgres", "mysql", "mariadb")

    def check_history(self, history: History) -> Iterator[Finding]:
        for found in history.irregularities:
            if found.disorder is Disorder.CONDITIONAL and found.migration in history.targets:
                yield self.blame(
                    history,
                    found,
                    why=f"only the database decides whether it runs ({found.other}); where it does not,"
                    f" {found.consequence}",
                    instead="check that every database has the state that the change needs; a change that"
                    " all of them are to have needs no precondition",
                )
