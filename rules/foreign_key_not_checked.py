from collections.abc import Iterator, Sequence

from migration_lint.effects import AddConstraint, SetSetting
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name, sql_names
from migration_lint.schema import Constraint, ConstraintKind

_OFF = ("0", "off", "false")


class ForeignKeyNotChecked(Rule):
    """A foreign key is added while foreign_key_checks is off: rows that break it stay.

    Without the check the key is added in place and nobody waits, which is the reason to do it. But rows
    without a parent stay, and nothing ever looks at them again; the table's next copy or reload fails on
    them. A setting that is not restored goes on for whatever else the connection runs.

    Look for such rows first, and set foreign_key_checks back in the same migration.

    Given:

        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint, key (user_id));
        insert into users values (1);

    Bad:

        set lock_wait_timeout = 2;
        set foreign_key_checks = 0;
        alter table orders add constraint orders_user foreign key (user_id) references users (id);  -- here
        set foreign_key_checks = 1;

    Good - rows were looked at:

        set lock_wait_timeout = 2;
        set foreign_key_checks = 0;
        -- migration-lint: ignore[foreign-key-not-checked] no row is without a parent
        alter table orders add constraint orders_user foreign key (user_id) references users (id);
        set foreign_key_checks = 1;

    Good - the table is new:

        set foreign_key_checks = 0;
        create table refunds (id bigint primary key, user_id bigint);
        alter table refunds add constraint refunds_user foreign key (user_id) references users (id);
        set foreign_key_checks = 1;
    """

    severity = Severity.WARNING
    engines = ENGINES
    aliases = ("skeema:fk-parent",)

    def check(self, step: Step) -> Iterator[Finding]:
        settings = dict(step.session.settings)
        if settings.get("foreign_key_checks", "1").lower() not in _OFF:
            return
        for change in step.each(AddConstraint):
            key = change.constraint
            if key.kind is not ConstraintKind.FOREIGN_KEY or step.is_new(change.relation):
                continue
            yield self.finding(
                step,
                change,
                why=f"rows of {sql_name(change.relation)} without a parent in {_parent(key)} stay",
                instead=f"look for them first: {_orphans(change.relation, key)}\n\n"
                "SET foreign_key_checks = 0;\n"
                + deliberate(self.id, "no row is without a parent", f"{step.sql};")
                + "\nSET foreign_key_checks = 1;",
            )

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        last = None
        for step in steps:
            for change in step.each(SetSetting):
                if change.relation == "foreign_key_checks":
                    off = change.value is not None and change.value.lower() in _OFF
                    last = (step, change) if off else None
        if last is not None:
            yield self.finding(
                last[0],
                last[1],
                relation="",
                why="foreign_key_checks stays off for whatever this connection runs next",
                instead="set it back at the end of the migration: SET foreign_key_checks = 1",
            )


def _parent(key: Constraint) -> str:
    return sql_name(key.references or "")


def _orphans(relation: str, key: Constraint) -> str:
    child, parent = sql_name(relation), sql_name(key.references or "")
    pairs = zip(key.columns, key.referenced_columns, strict=False)
    on = " AND ".join(f"p.{quoted(theirs)} = c.{quoted(own)}" for own, theirs in pairs)
    first = sql_names(key.columns[:1])
    theirs = quoted((key.referenced_columns or ("id",))[0])
    select = " ".join(("SELECT", "c.*", "FROM", child, "c", "LEFT JOIN", parent, "p", "ON", on or "…"))
    return f"{select} WHERE c.{first} IS NOT NULL AND p.{theirs} IS NULL"
