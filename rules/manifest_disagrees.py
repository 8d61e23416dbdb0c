from migration_lint.linting.rule import HistoryRule
from migration_lint.model import Disorder, Irregularity


class ManifestDisagrees(HistoryRule):
    """The tool's own list of its files does not agree with them, and the tool stops.

    Atlas keeps checksums in ``atlas.sum``, graphile-migrate in the head of each committed file. They
    exist so that two branches which both add a migration meet in a merge conflict, and so that what was
    reviewed is what runs.

    Bad [disorder=manifest]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    disorders = (Disorder.MANIFEST,)

    def explained(self, found: Irregularity) -> tuple[str, str]:
        return found.consequence, found.remedy
