from migration_lint.linting.rule import HistoryRule
from migration_lint.model import Disorder, Irregularity


class MergedMigrationRemoved(HistoryRule):
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

    disorders = (
        Disorder.DELETED,
        Disorder.RENAMED,
    )

    def explained(self, found: Irregularity) -> tuple[str, str]:
        if found.disorder is Disorder.DELETED:
            return (
                f"{found.migration} was merged and is gone: {found.consequence}",
                "put it back, and undo in a new migration what it did",
            )
        return f"it was merged as {found.other}: {found.consequence}", f"give it back its name, {found.other}"
