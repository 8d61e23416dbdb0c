"""Knex: ``migrations/20240101120000_create_users.js``, in JavaScript or TypeScript.

A migration runs in a transaction, unless it says ``exports.config = { transaction: false }``. The
order is that of the names. https://knexjs.org/guide/migrations.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_lint.sources.code.files import JavaScriptFiles

if TYPE_CHECKING:
    from migration_lint.sources.code.javascript import Parsed


class Knex(JavaScriptFiles):
    """The reader of Knex's folders."""

    name = "knex"
    outside_transaction = "with `exports.config = { transaction: false }`"
    removed = "Knex stops: it says that the migration directory is corrupt"
    mark = re.compile(r"\bknex\b|\bKnex\b")
    sql = re.compile(r"(?:\w+\.)*?(?:\w+|schema(?:\.\w+)*)\.raw")
    nothing = re.compile(r"(?:.*\.)?(?:transacting|debug)")
    hint = (
        "Write it as SQL in knex.raw(`…`), or run it on a scratch database with DEBUG=knex:query and"
        " check the SQL that Knex prints with `migration-lint check -`"
    )

    def is_outside(self, parsed: Parsed) -> bool:
        """``exports.config = { transaction: false }``."""
        from migration_lint.sources.code.javascript import is_set

        return is_set(parsed, "transaction", "false")


SOURCE = Knex()
