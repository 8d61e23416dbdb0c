"""MikroORM: ``Migration20240101120000.ts``, a class whose `up` and `down` add SQL.

A migration runs in a transaction, unless its `isTransactional` returns false. The order is that of the
names. https://mikro-orm.io/docs/migrations
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_lint.sources.code.files import JavaScriptFiles

if TYPE_CHECKING:
    from migration_lint.sources.code.javascript import Parsed


class MikroORM(JavaScriptFiles):
    """The reader of MikroORM's folders."""

    name = "mikro-orm"
    outside_transaction = "with `isTransactional(): boolean { return false; }` in its class"
    names = re.compile("[0-9]")
    mark = re.compile(r"\bthis\.addSql\b|@mikro-orm/migrations\b")
    sql = re.compile(r"this\.addSql")
    hint = "Write it as SQL in this.addSql(`…`), as `mikro-orm migration:create` does"

    def version(self, stem: str) -> int | str:
        """The time in the name."""
        stamp = re.search("[0-9]+", stem)
        return int(stamp.group()) if stamp else stem

    def is_outside(self, parsed: Parsed) -> bool:
        """A method `isTransactional` that returns false."""
        from migration_lint.sources.code.javascript import function

        method = function(parsed, "isTransactional")
        return method is not None and re.search(r"return\s+false", parsed.tree.text(method)) is not None


SOURCE = MikroORM()
