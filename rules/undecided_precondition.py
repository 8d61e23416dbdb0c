from migration_lint.findings import Severity
from migration_lint.linting.rule import HistoryRule
from migration_lint.model import Disorder, Irregularity


class UndecidedPrecondition(HistoryRule):
    """Only the database decides whether a change runs: its preconditions are taken as met here.

    What is said of the change, and of all that comes after it, is right where it runs. Where it does not,
    Liquibase may note it as run all the same (`onFail="MARK_RAN"`), and databases then differ.

    Bad [disorder=conditional]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    severity = Severity.NOTE
    disorders = (Disorder.CONDITIONAL,)
    of_targets = True

    def explained(self, found: Irregularity) -> tuple[str, str]:
        return (
            f"only the database decides whether it runs ({found.other}); where it does not,"
            f" {found.consequence}",
            "check that every database has the state that the change needs; a change that"
            " all of them are to have needs no precondition",
        )
