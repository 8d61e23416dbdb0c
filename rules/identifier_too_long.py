import re
from collections.abc import Iterator

from migration_lint.findings import Finding, Severity
from migration_lint.linting.comments import without_comments
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted, shortened

_STRING = re.compile(r"'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_NAME = re.compile(r'"(?:[^"]|"")+"|[^\W\d][\w$]*')
_LIMIT = 63


class IdentifierTooLong(Rule):
    """A name is longer than 63 bytes: the server cuts it off, with a notice only.

    Two long names that begin alike are then the same, and one that was cut is not found again by tools
    that compare names as they are written.

    Given:

        create table orders (id bigint primary key);

    Bad:

        create table orders_that_were_placed_in_the_shop_and_have_not_been_paid_within_a_month (id bigint);

    Good:

        create table unpaid_orders (id bigint primary key);

    Good - text may be as long as it likes:

        comment on table orders is 'orders_that_were_placed_in_the_shop_and_have_not_been_paid_in_a_month';
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("squawk:identifier-too-long",)

    def check(self, step: Step) -> Iterator[Finding]:
        if len(step.sql) <= _LIMIT:
            return
        for name in dict.fromkeys(_NAME.findall(_STRING.sub("''", without_comments(step.sql)))):
            bare = name[1:-1].replace('""', '"') if name.startswith('"') else name
            if len(bare.encode()) > _LIMIT:
                cut = quoted(shortened(bare))
                yield self.finding(
                    step,
                    why=f"{quoted(bare)} is cut to {cut}",
                    instead="take a name of at most 63 bytes",
                )
