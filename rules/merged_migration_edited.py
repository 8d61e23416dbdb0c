from migration_lint.linting.rule import HistoryRule
from migration_lint.model import Disorder, Irregularity


class MergedMigrationEdited(HistoryRule):
    """A migration that is already merged was changed: databases that ran it never get the change.

    A tool that keeps checksums stops at the next deployment; one that keeps none says nothing, and old
    databases and new ones differ from then on. Both are found with ``--since``, against the merge base.

    Bad [disorder=edited]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    disorders = (Disorder.EDITED,)

    def explained(self, found: Irregularity) -> tuple[str, str]:
        return (
            f"it was merged with another text: {found.consequence}",
            "put the merged text back, and make the change in a new migration",
        )
