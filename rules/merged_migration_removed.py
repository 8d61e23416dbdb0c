from collections.abc import Iterator

from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Disorder, History


class MergedMigrationRemoved(Rule):
    """A migration that is already merged is gone, or has another name.

    Databases that ran it know it by its old name. A renamed migration is a new one to the tool, which
    runs it a second time; of a deleted one, what it did stays where it ran and is missing elsewhere.
    Found with ``--since``, against the merge base.

    Bad [disorder=deleted]:

        create table coupons (id bigint primary key);

    Bad [disorder=renamed]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")

    def check_history(self, history: History) -> Iterator[Finding]:
        for found in history.irregularities:
            if found.disorder is Disorder.DELETED:
                yield self.blame(
                    history,
                    found,
                    why=f"{found.migration} was merged and is gone: {found.consequence}",
                    instead="put it back, and undo in a new migration what it did",
                )
            elif found.disorder is Disorder.RENAMED:
                yield self.blame(
                    history,
                    found,
                    why=f"it was merged as {found.other}: {found.consequence}",
                    instead=f"give it back its name, {found.other}",
                )
