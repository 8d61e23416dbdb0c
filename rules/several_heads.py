from migration_lint.linting.rule import HistoryRule
from migration_lint.model import Disorder, Irregularity


class SeveralHeads(HistoryRule):
    """Two migrations follow the same one, and nothing merges them.

    It happens when two branches are merged that both went on from the same migration. The tool does not
    know which of the two comes last, and stops at the next deployment.

    Bad [disorder=heads]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    disorders = (Disorder.HEADS,)

    def explained(self, found: Irregularity) -> tuple[str, str]:
        return (
            f"it and {found.other} both are the last one: {found.consequence}",
            found.remedy or f"let one of them follow the other ({found.other})",
        )
