"""TypeORM: ``1700000000000-CreateUsers.ts``, a class with `up` and `down` that get a query runner.

All that is pending runs in one transaction; with ``migrationsTransactionMode: "each"`` a migration has
one of its own, unless its class says ``transaction = false``. The order is that of the time stamps.
https://typeorm.io/docs/advanced-topics/migrations/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_lint.sources.code.files import JavaScriptFiles

if TYPE_CHECKING:
    from migration_lint.sources.code.javascript import Parsed

_STAMP = re.compile(r"\A([0-9]+)|([0-9]{13})\Z")


class TypeORM(JavaScriptFiles):
    """The reader of TypeORM's folders."""

    name = "typeorm"
    outside_transaction = (
        'with `transaction = false` in its class, and migrationsTransactionMode: "each" in the data source'
    )
    names = re.compile(r"[0-9]{10}")
    mark = re.compile(r"\bMigrationInterface\b|\bqueryRunner\b|\bclass [A-Za-z]\w*[0-9]{13}\b")
    sql = re.compile(r"(?:\w+\.)*(?:\w*[rR]unner|manager|connection)\.query|(?!this\.|knex\.)\w+\.query")
    after = re.compile(r"(?s).*")  # parameters are sent beside the SQL
    form = "TIME-Name.ts"
    hint = (
        "Write it as SQL in queryRunner.query(`…`), or run it on a scratch database with"
        ' logging: ["query"] and check the SQL that TypeORM prints with `migration-lint check -`'
    )

    def version(self, stem: str) -> int | str:
        """The time in the name."""
        stamp = _STAMP.search(stem)
        return int(stamp.group()) if stamp else stem

    def is_outside(self, parsed: Parsed) -> bool:
        """``transaction = false`` in the class."""
        from migration_lint.sources.code.javascript import is_set

        return is_set(parsed, "transaction", "false")


SOURCE = TypeORM()
