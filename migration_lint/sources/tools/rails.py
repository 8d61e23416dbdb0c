"""Rails: ``db/migrate/20240101120000_create_users.rb``, in Ruby.

Each migration runs in a transaction, unless its class says ``disable_ddl_transaction!``. The order is
that of the numbers. https://guides.rubyonrails.org/active_record_migrations.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_lint.sources.code.files import NumberedPrograms

if TYPE_CHECKING:
    from migration_lint.model import Document, Error
    from migration_lint.sources.code.program import Program
    from migration_lint.sources.code.tree import Tree


class Rails(NumberedPrograms):
    """The reader of one folder of Rails migrations."""

    name = "rails"
    outside_transaction = "with `disable_ddl_transaction!` in its class"
    duplicate = "Rails raises DuplicateMigrationVersionError"
    form = "NUMBER_name.rb"
    code = ("rb",)
    strays = ("rb",)
    file = re.compile(r"([0-9]+)_([_a-z0-9]*)\.?([_a-z0-9]*)?\.rb\Z")
    mark = re.compile(r"\bclass\s+[\w:]+\s*<\s*[\w:]*Migration\b")
    place = re.compile(r"\w*migrate\Z")
    hint = (
        "Write it as SQL in execute, or run it on a scratch database and check the SQL that Rails writes to"
        " log/development.log with `migration-lint check -`"
    )

    def program(self, document: Document) -> tuple[Tree, Program] | Error:
        """What the class does."""
        from migration_lint.sources.code import ruby

        return ruby.read(document)


SOURCE = Rails()
