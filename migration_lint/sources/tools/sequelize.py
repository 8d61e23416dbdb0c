"""Sequelize: ``migrations/20240101120000-create-users.js``, run by sequelize-cli or Umzug.

Nobody opens a transaction, unless the migration does. The order is that of the names.
https://sequelize.org/docs/v6/other-topics/migrations/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_lint.sources.code.files import JavaScriptFiles

if TYPE_CHECKING:
    from migration_lint.sources.code.javascript import Parsed


class Sequelize(JavaScriptFiles):
    """The reader of Sequelize's folders."""

    name = "sequelize"
    outside_transaction = "without sequelize.transaction() around it"
    mark = re.compile(r"\bqueryInterface\b|\bQueryInterface\b")
    sql = re.compile(r"(?:\w+\.)*(?:sequelize|queryInterface\.sequelize|db)\.query")
    after = re.compile(r"(?s)(?!.*\b(?:replacements|bind)\b)\{.*\}")
    hint = (
        "Write it as SQL in queryInterface.sequelize.query(`…`), or run it on a scratch database with"
        " logging: console.log and check the SQL that Sequelize prints with `migration-lint check -`"
    )

    def is_outside(self, parsed: Parsed) -> bool:
        """Always: every call is sent by itself."""
        return True


SOURCE = Sequelize()
