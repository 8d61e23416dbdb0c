from collections.abc import Iterator, Sequence

from migration_lint.effects import CreateIndex, DropIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import create_index
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import steps as migrations
from migration_lint.model import Step
from migration_lint.names import bare, quoted, sql_name
from migration_lint.schema import Index


class IndexDroppedBeforeReplacement(Rule):
    """Queries have no index between the drop of the old one and the end of the new one's build.

    For as long as the new index is built, every query that used the old one reads the whole table.
    Build the new one first, then drop the old one. To keep the name, rename at the end. In one
    transaction the two are swapped at once, but then everyone waits for the build.

    Given:

        create table orders (id bigint primary key, user_id bigint, status text);
        create index orders_status_idx on orders (status);
        insert into orders select n, n, 'new' from generate_series(1, 100) n;

    Bad:

        drop index concurrently orders_status_idx;  -- here
        create index concurrently orders_status_user_id_idx on orders (status, user_id);

    Good:

        create index concurrently orders_status_user_id_idx on orders (status, user_id);
        drop index concurrently orders_status_idx;

    Good - an index on other columns:

        drop index concurrently orders_status_idx;
        create index concurrently orders_user_id_idx on orders (user_id);

    Good - another index serves the queries:

        create index concurrently orders_status_id_idx on orders (status, id);
        -- next migration
        drop index concurrently orders_status_idx;
        create index concurrently orders_status_user_id_idx on orders (status, user_id);

    Good - what a failed build may have left:

        drop index concurrently if exists orders_user_id_idx;
        create index concurrently orders_user_id_idx on orders (user_id);
    """

    severity = Severity.WARNING
    aliases = ("online_migrations:replace_index",)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        dropped: list[tuple[Step, DropIndex, Index]] = []
        for step in steps:
            for drop in step.each(DropIndex):
                old = drop.definition
                if old is not None and old.valid and not _spared(step, old):
                    dropped.append((step, drop, old))
            for change in step.each(CreateIndex):
                for earlier, drop, old in dropped:
                    if _replaces(change.index, old) and not _together(earlier, step):
                        yield self._of(earlier, drop, step, change)
                        dropped.remove((earlier, drop, old))
                        break

    def _of(self, earlier: Step, drop: DropIndex, step: Step, change: CreateIndex) -> Finding:
        old, new = drop.index, change.index
        same = old == new.name
        made = Index(f"{new.name}_new", new.relation, unique=new.unique) if same else new
        parts = [
            create_index(step.sql, made) if same else create_index(step.sql, new),
            f"DROP INDEX CONCURRENTLY {sql_name(old)};",
        ]
        if same:
            parts.append(f"ALTER INDEX {sql_name(made.name)} RENAME TO {quoted(bare(old))};")
        return self.finding(
            earlier,
            drop,
            relation=new.relation,
            why=f"queries of {sql_name(new.relation)} have no index on {_key(new)} "
            "until the new one is built",
            instead=f"build the new index first, then drop the old one\n\n{migrations(*parts)}",
        )


def _key(index: Index) -> str:
    first = index.columns[0] if index.columns else None
    return quoted(first) if first is not None else "that expression"


def _replaces(new: Index, old: Index) -> bool:
    return new.relation == old.relation and _same_start(new, old) and new.method == old.method


def _same_start(one: Index, other: Index) -> bool:
    if not one.columns or not other.columns or one.columns[0] != other.columns[0]:
        return False
    if one.columns[0] is not None:
        return True
    return bool(one.expressions) and one.expressions[0].text == other.expressions[0].text


def _spared(step: Step, old: Index) -> bool:
    """Whether nobody misses the index: the table is new, or another one begins in the same way."""
    others = (known for known in step.before.indexes_on(old.relation) if known.name != old.name)
    return step.is_new(old.relation) or any(
        known.valid and known.predicate is None and _replaces(known, old) for known in others
    )


def _together(earlier: Step, later: Step) -> bool:
    number = earlier.session.transaction
    return number is not None and number == later.session.transaction
