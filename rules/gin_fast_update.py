from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name


class GinFastUpdate(Rule):
    """A GIN index keeps new entries in a list that some write has to flush.

    By default a GIN index collects new entries in a pending list. The write that fills it up (to
    gin_pending_list_limit, 4 MB) sorts all of it into the index before it returns, so one write in
    many takes far longer than the others, and every query reads the list too. With fastupdate off
    each write pays for itself.

    Given:

        create table documents (id bigint primary key, tags text[]);

    Bad:

        create index concurrently documents_tags_idx on documents using gin (tags);

    Good:

        create index concurrently documents_tags_idx on documents using gin (tags) with (fastupdate = off);

    Good - B-tree:

        create index concurrently documents_tags_idx on documents (tags);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("oh-my-pg-linter:ban-gin-fast-update",)
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            chosen = dict(change.index.options).get("fastupdate", "on").lower()
            if change.index.method == "gin" and chosen not in ("off", "false", "0", "no"):
                yield self.finding(
                    step,
                    change,
                    why=f"some writes of {sql_name(change.relation)} stall while they flush the pending list",
                    instead="build it WITH (fastupdate = off), or switch it off afterwards\n\n"
                    f"SET lock_timeout = '2s';\nALTER INDEX {sql_name(change.name)} SET (fastupdate = off);",
                )
