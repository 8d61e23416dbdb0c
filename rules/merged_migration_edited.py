from collections.abc import Iterator

from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Disorder, History


class MergedMigrationEdited(Rule):
    """A migration that is already merged was changed: databases that ran it never get the change.

    A tool that keeps checksums stops at the next deployment; one that keeps none says nothing, and old
    databases and new ones differ from then on. Both are found with ``--since``, against the merge base.

    Bad [disorder=edited]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")

    def check_history(self, history: History) -> Iterator[Finding]:
        for found in history.irregularities:
            if found.disorder is Disorder.EDITED:
                yield self.blame(
                    history,
                    found,
                    why=f"it was merged with another text: {found.consequence}",
                    instead="put the merged text back, and make the change in a new migration",
                )
