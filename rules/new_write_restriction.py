from collections.abc import Iterator

from migration_lint.effects import AddConstraint, SetNotNull
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import ConstraintKind

_WHAT = {
    ConstraintKind.CHECK: "do not satisfy {}",
    ConstraintKind.FOREIGN_KEY: "point nowhere ({})",
    ConstraintKind.NOT_NULL: "leave it NULL ({})",
    ConstraintKind.UNIQUE: "repeat a value ({})",
    ConstraintKind.PRIMARY_KEY: "repeat a value ({})",
    ConstraintKind.EXCLUSION: "conflict with another row ({})",
}


class NewWriteRestriction(Rule):
    """Running code's writes are refused from the moment a new constraint is there, NOT VALID or not.

    NOT VALID spares the old rows, not the new ones: an INSERT or UPDATE of the old code that does not
    fit fails at once. Deploy code that writes only what fits first, then add the constraint. An opinion,
    because only you know what the code writes.

    Given:

        create table orders (id bigint primary key, total bigint);

    Bad:

        set lock_timeout = '2s';
        alter table orders add constraint orders_total_positive check (total >= 0) not valid;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[new-write-restriction] all running code writes only what fits
        alter table orders add constraint orders_total_positive check (total >= 0) not valid;

    Good - the column is new:

        set lock_timeout = '2s';
        alter table orders add column rate int;
        alter table orders add constraint orders_rate_positive check (rate >= 0) not valid;
    """

    severity = Severity.NOTE
    breaks_code = True
    pedantic = True
    aliases = (
        "squawk:ban-new-write-restriction",
        "django-migration-linter:ADD_UNIQUE",
        "django-migration-linter:NOT_NULL",
        "atlas:MF101",
        "atlas:MF102",
        "bytebase:schema_backward_compatibility",
    )
    on = (AddConstraint, SetNotNull)

    def check(self, step: Step) -> Iterator[Finding]:
        refused: list[tuple[AddConstraint | SetNotNull, str]] = [
            (change, _WHAT[change.constraint.kind].format(quoted(change.constraint.name)))
            for change in step.each(AddConstraint)
            if change.constraint.enforced and not _is_new(step, change.relation, change.constraint.columns)
        ]
        refused += [
            (change, f"leave {quoted(change.column)} NULL")
            for change in step.each(SetNotNull)
            if not _is_new(step, change.relation, (change.column,))
        ]
        if refused:
            change = refused[0][0]
            what = several(list(dict.fromkeys(text for _, text in refused)))
            yield self.finding(
                step,
                change,
                why=f"writes of {sql_name(change.relation)} by running code that {what} fail from now on",
                instead="deploy code that writes only what fits first\n\n"
                + guarded(deliberate(self.id, "all running code writes only what fits", f"{step.sql};")),
            )


def _is_new(step: Step, relation: str, columns: tuple[str, ...]) -> bool:
    """Whether the migration made the table, or one of the columns, in this statement or before."""
    known = step.before.relation(relation)
    return any(
        step.is_new_column(relation, name) or (known is not None and known.column(name) is None)
        for name in columns
    ) or step.is_new(relation)
