from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded
from migration_lint.model import Step
from migration_lint.names import sql_name, sql_names


class UniqueOverDuplicates(Rule):
    """A unique index fails on the first pair of equal rows, and running code may write one at any time.

    The build ends with 1062 after having read the table, also for duplicates that were there for a moment
    only while it ran. gh-ost and pt-online-schema-change are worse: they copy with INSERT IGNORE, so that the
    second of two equal rows is gone without a word. Do it natively, after a look.

    Given:

        create table users (id bigint primary key auto_increment, email varchar(50));
        insert into users (email) values ('a'), ('b');

    Bad:

        set lock_wait_timeout = 2;
        alter table users add unique index users_email (email);

    Good - rows were looked at:

        set lock_wait_timeout = 2;
        -- migration-lint: ignore[unique-over-duplicates] none are equal, and the code makes none
        alter table users add unique index users_email (email);

    Good - the table is new:

        create table teams (id bigint primary key, name varchar(50));
        create unique index teams_name on teams (name);
    """

    severity = Severity.WARNING
    engines = ENGINES
    confidence = Confidence.LIKELY
    aliases = ("atlas:MF101", "strong_migrations:add_index")
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            index = change.index
            if not index.unique or step.is_new(change.relation) or step.refused is not None:
                continue
            names = [name for name in index.columns if name is not None]
            if any(step.is_new_column(change.relation, name) for name in names):
                continue
            table, columns = sql_name(change.relation), sql_names(index.columns)
            look = " ".join(("SELECT", f"{columns},", "COUNT(*)", "FROM", table, "GROUP BY", columns))
            yield self.finding(
                step,
                change,
                why=f"it fails on the first pair of rows of {table} with equal {columns}",
                instead=f"look for them first: {look} HAVING COUNT(*) > 1\n\n"
                + guarded(deliberate(self.id, "none are equal, and the code makes none", f"{step.sql};")),
            )
