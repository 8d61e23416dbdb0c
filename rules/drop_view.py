from collections.abc import Iterator, Sequence

from migration_lint.effects import CreateTable, CreateView, DropView, RenameTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, several
from migration_lint.model import Step
from migration_lint.names import sql_name
from migration_lint.schema import Relation


class DropViewRule(Rule):
    """A view is dropped, or comes back without a column, and code that reads it fails.

    Deploy code that no longer reads the view first. To change a view, drop and create it in one
    transaction: other sessions see the old one or the new one, never none. CREATE OR REPLACE VIEW takes
    new columns at the end, and keeps privileges, which a new view does not have. A new view without a
    column of the old one breaks code that reads that column.

    A materialized view that is dropped takes its rows and indexes with it.

    Given:

        create table users (id bigint primary key, name text, email text);
        create view names as select id, name from users;
        create materialized view emails as select id, email from users;

    Bad:

        set lock_timeout = '2s';
        drop view names;

    Bad:

        set lock_timeout = '2s';
        drop materialized view emails;

    Bad - for a moment there is none:

        set lock_timeout = '2s';
        drop view names;  -- here
        create view names as select id, name, email from users;

    Bad - a column is missing:

        begin;
        set local lock_timeout = '2s';
        drop view names;  -- here
        create view names as select id from users;
        commit;

    Good:

        begin;
        set local lock_timeout = '2s';
        drop view names;
        create view names as select id, email, name from users;
        commit;

    Good:

        set lock_timeout = '2s';
        create or replace view names as select id, name, email from users;

    Good - a decision that was made:

        set lock_timeout = '2s';
        -- migration-lint: ignore[drop-view] no code reads it since v42
        drop view names;

    Good - the view is new:

        create view ids as select id from users;
        drop view ids;
    """

    severity = Severity.ERROR
    breaks_code = True
    down_severity = Severity.NOTE
    aliases = ("squawk:ban-drop-view",)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for number, step in enumerate(steps):
            drops = list(step.each(DropView))
            if not drops or (len(drops) < len(step.effects) and _by_cascade(step)):
                continue
            gone: list[str] = []
            missing: list[str] = []
            for drop in drops:
                if step.is_new(drop.relation) or step.takes_back(drop.relation):
                    continue
                after = _successor(drop.relation, step, steps[number + 1 :])
                before = step.before.relation(drop.relation)
                if after is None:
                    gone.append(sql_name(drop.relation))
                elif before is not None and before.complete and after.complete:
                    missing += [
                        f"column {column.name} of {sql_name(drop.relation)}"
                        for column in before.columns
                        if after.column(column.name) is None
                    ]
            if gone or missing:
                yield self._told(step, drops, gone, missing)

    def _told(self, step: Step, drops: list[DropView], gone: list[str], missing: list[str]) -> Finding:
        kind = "MATERIALIZED VIEW" if any(drop.materialized for drop in drops) else "VIEW"
        locks = [lock for drop in drops if (lock := step.lock_on(drop.relation)) is not None]
        sql = deliberate(self.id, "no code reads it any more", f"DROP {kind} {', '.join(gone)};")
        what = "a view with the same columns" if missing else "its new form"
        instead = f"create {what} in the same transaction; or deploy code that no longer reads "
        instead += "the column first" if missing and not gone else "it first, then drop it"
        return self.finding(
            step,
            drops[0],
            why=f"code that reads {several(gone + missing)} fails",
            instead=instead + (f"\n\n{guarded(sql)}" if gone else ""),
            because=(*drops, *locks),
        )


def _by_cascade(step: Step) -> bool:
    """Whether the views go with something else, whose rule tells it."""
    return not step.sql.lstrip()[:30].lower().startswith(("drop view", "drop materialized"))


def _successor(name: str, step: Step, later: Sequence[Step]) -> Relation | None:
    """What the same transaction puts in the view's place."""
    if step.session.transaction is None:
        return None
    for other in later:
        if other.session.transaction != step.session.transaction:
            return None
        for view in other.each(CreateView):
            if view.relation == name:
                return view.view
        for table in other.each(CreateTable):
            if table.relation == name:
                return table.table
        for rename in other.each(RenameTable):
            if rename.to == name:
                return other.before.relation(rename.relation) or Relation(name, complete=False)
    return None
