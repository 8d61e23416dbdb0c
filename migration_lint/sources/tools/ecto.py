"""Ecto: ``priv/repo/migrations/20240101120000_create_users.exs``, in Elixir.

Each migration runs in a transaction, unless its module says ``@disable_ddl_transaction true``. The
order is that of the numbers. https://hexdocs.pm/ecto_sql/Ecto.Migration.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, Error
from migration_lint.sources.folder import Folder, base, outer_named
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles, with_nested

_NAME = re.compile(r"([0-9]+)_[^/]*\.exs\Z")
_MODULE = re.compile(r"^\s*use\s+(?:[\w.]*\.)?Migration\b", re.MULTILINE)
_HINT = (
    "Write it as SQL in execute, or run `mix ecto.migrate --log-migrations-sql` on a scratch database and"
    " check the SQL that it logs with `migration-lint check -`"
)


class Ecto(SqlFiles):
    """The reader of one repository's migrations."""

    name = "ecto"
    precedence = 20
    outside_transaction = "with `@disable_ddl_transaction true` and `@disable_migration_lock true`"
    duplicate = "Ecto raises an error: migrations cannot be executed, the version is duplicated"
    form = "NUMBER_name.exs"
    code = ("exs",)
    strays = ("exs",)

    def recognises(self, folder: Folder) -> str | None:
        """A numbered file whose module is a migration."""
        for name, text in folder.programs:
            if _NAME.match(name) and (found := _MODULE.search(text)):
                return f"{found.group().strip()} in {name}"
        return None

    def home(self, folder: Folder) -> str | None:
        """The folder called ``migrations``, with all below it."""
        if self.recognises(folder) is None:
            return None
        return outer_named(folder.path, re.compile(r"\w*migrations\Z")) or folder.path

    def named(self, file: str) -> Named | None:
        """Ecto runs no SQL file."""
        return None

    def named_code(self, file: str) -> Named | None:
        """The number that the name begins with."""
        match = _NAME.match(base(file))
        if match is None:
            return None
        return Named(base(file)[: -len(".exs")], int(match.group(1)), (match.group(1), file))

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file, in the sub-folders too."""
        return (with_nested(self, folder, request),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """A migration that has no name."""
        return self.built_code(document, request)

    def built_code(self, document: Document, request: Request) -> Sequence[Built]:
        """The SQL that the module executes, as far as it is written out."""
        from migration_lint.sources.code import elixir
        from migration_lint.sources.code.program import built

        found = elixir.read(document)
        if isinstance(found, Error):
            return [Built(None, gaps=(found,))]
        return [built(*found, _HINT)]


SOURCE = Ecto()
