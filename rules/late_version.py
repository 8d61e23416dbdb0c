from migration_lint.linting.rule import HistoryRule
from migration_lint.model import Disorder, Irregularity


class LateVersion(HistoryRule):
    """A new migration sorts before one that is already merged.

    It happens when a branch is merged after another that took a later number. Databases have run the
    later one: some tools then stop, some never run this one, and some run it, but in an order in which
    nobody tried it. Found with ``--since``, against the merge base.

    Bad [disorder=late]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    disorders = (Disorder.LATE,)

    def explained(self, found: Irregularity) -> tuple[str, str]:
        return (
            f"it sorts before {found.other}, which is merged: {found.consequence}",
            found.remedy or f"give it a version after {found.other}",
        )
