"""db-migrate: ``migrations/20240101120000-create-users.js``, with ``db.runSql`` in it.

Each migration runs in a transaction, unless db-migrate is run with ``--non-transactional``. The order is
that of the names. https://db-migrate.readthedocs.io
"""

from __future__ import annotations

import re

from migration_lint.sources.code.files import JavaScriptFiles


class DbMigrate(JavaScriptFiles):
    """The reader of db-migrate's folders."""

    name = "db-migrate"
    outside_transaction = "run with `db-migrate up --non-transactional`"
    mark = re.compile(r"\bdb\.(?:runSql|createTable|addColumn|addIndex)\b|\bdbmigrate\b|\bdbm\b")
    sql = re.compile(r"db\.(?:runSql|all)")
    nothing = re.compile(r"cb|callback|done")
    after = re.compile(r"[\w.]+|(?:async )?(?:function\b|\().*", re.DOTALL)  # what is called at its end
    hint = (
        "Write it as SQL in db.runSql(`…`), or check what `db-migrate up --dry-run` prints with"
        " `migration-lint check -`"
    )


SOURCE = DbMigrate()
