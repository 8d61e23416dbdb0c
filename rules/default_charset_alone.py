from collections.abc import Iterator

from migration_lint.effects import AlterTable, SetOptions
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class DefaultCharsetAlone(Rule):
    """The table gets another character set, but its columns keep theirs.

    DEFAULT CHARACTER SET is about columns that are added later. Those that are there stay as they are: new
    text does not fit them any better than before, and comparisons between old and new columns convert,
    so that indexes are not used. CONVERT TO changes the columns; it copies the table.

    Given:

        create table users (id bigint primary key, name varchar(50)) default charset = latin1;

    Bad:

        set lock_wait_timeout = 2;
        alter table users default character set utf8mb4;

    Good - a decision that was made:

        set lock_wait_timeout = 2;
        -- migration-lint: ignore[default-charset-alone] the old columns are ASCII
        alter table users default character set utf8mb4;

    Good - it has no text:

        create table points (id bigint primary key, x int) default charset = latin1;
        -- next migration
        set lock_wait_timeout = 2;
        alter table points default character set utf8mb4;
    """

    severity = Severity.WARNING
    engines = ENGINES
    aliases = ("bytebase:table_disallow_set_charset",)
    on = (SetOptions,)

    def check(self, step: Step) -> Iterator[Finding]:
        if any(change.action.startswith("CONVERT") for change in step.each(AlterTable)):
            return
        for change in step.each(SetOptions):
            charset = dict(change.options).get("charset")
            table = step.before.relation(change.relation)
            if charset is None or table is None or step.is_new(change.relation):
                continue
            others = [quoted(one.name) for one in table.columns if one.charset and one.charset != charset]
            if not others:
                continue
            name = sql_name(change.relation)
            yield self.finding(
                step,
                change,
                why=f"{several(others[:3])} of {name} stay as they are: only new columns are {charset}",
                instead="convert the columns too, or say why they stay\n\n"
                + guarded(deliberate(self.id, "the old columns need no other characters", f"{step.sql};")),
            )
