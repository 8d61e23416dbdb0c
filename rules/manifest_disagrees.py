from collections.abc import Iterator

from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Disorder, History


class ManifestDisagrees(Rule):
    """The tool's own list of its files does not agree with them, and the tool stops.

    Atlas keeps checksums in ``atlas.sum``, graphile-migrate in the head of each committed file. They
    exist so that two branches which both add a migration meet in a merge conflict, and so that what was
    reviewed is what runs.

    Bad [disorder=manifest]:

        create table coupons (id bigint primary key);

    Good:

        create table coupons (id bigint primary key);
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")

    def check_history(self, history: History) -> Iterator[Finding]:
        for found in history.irregularities:
            if found.disorder is Disorder.MANIFEST:
                yield self.blame(history, found, why=found.consequence, instead=found.remedy)
