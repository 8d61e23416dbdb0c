from migration_lint.linting.rule import HistoryRule
from migration_lint.model import Disorder, Irregularity


class DuplicateVersion(HistoryRule):
    """Two migrations have the same version, and the tool takes them for one.

    It happens when two branches are merged that both took the next number. Most tools then stop; some
    run only one of the two, so that databases differ and nobody is told.

    Bad [disorder=duplicate]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    disorders = (Disorder.DUPLICATE,)

    def explained(self, found: Irregularity) -> tuple[str, str]:
        return (
            f"{found.other} has the same version: {found.consequence}",
            found.remedy or "give the one that is not merged yet the next free version",
        )
