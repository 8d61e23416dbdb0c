"""Ecto: ``priv/repo/migrations/20240101120000_create_users.exs``, in Elixir.

Each migration runs in a transaction, unless its module says ``@disable_ddl_transaction true``. The
order is that of the numbers. https://hexdocs.pm/ecto_sql/Ecto.Migration.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_lint.sources.code.files import NumberedPrograms

if TYPE_CHECKING:
    from migration_lint.model import Document, Error
    from migration_lint.sources.code.program import Program
    from migration_lint.sources.code.tree import Tree


class Ecto(NumberedPrograms):
    """The reader of one repository's migrations."""

    name = "ecto"
    outside_transaction = "with `@disable_ddl_transaction true` and `@disable_migration_lock true`"
    duplicate = "Ecto raises an error: migrations cannot be executed, the version is duplicated"
    form = "NUMBER_name.exs"
    code = ("exs",)
    strays = ("exs",)
    file = re.compile(r"([0-9]+)_[^/]*\.exs\Z")
    mark = re.compile(r"^\s*use\s+(?:[\w.]*\.)?Migration\b", re.MULTILINE)
    place = re.compile(r"\w*migrations\Z")
    hint = (
        "Write it as SQL in execute, or run `mix ecto.migrate --log-migrations-sql` on a scratch database and"
        " check the SQL that it logs with `migration-lint check -`"
    )

    def program(self, document: Document) -> tuple[Tree, Program] | Error:
        """What the module does."""
        from migration_lint.sources.code import elixir

        return elixir.read(document)


SOURCE = Ecto()
