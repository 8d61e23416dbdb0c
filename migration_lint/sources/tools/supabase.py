"""Supabase: ``supabase/migrations/20240102030405_create_users.sql``.

The CLI sends a file's statements as one batch with the row of its own history, so that the server
runs all of it in one transaction. https://supabase.com/docs/guides/deployment/database-migrations
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, TransactionMode
from migration_lint.sources.folder import Folder, absolute, base, is_file, join, outer, parent
from migration_lint.sources.scripts import section
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles, plain

_NAME = re.compile(r"([0-9]+)_(.*)\.sql\Z")


class Supabase(SqlFiles):
    """The reader of Supabase's folder."""

    name = "supabase"
    precedence = 10
    outside_transaction = "run by hand: Supabase runs every migration in a transaction"
    late = "supabase db push stops, unless it is run with --include-all"
    form = "NUMBER_name.sql"

    def recognises(self, folder: Folder) -> str | None:
        """The folder's place: ``supabase/migrations``, or ``migrations`` beside its ``config.toml``."""
        if not folder.sql:
            return None
        path = absolute(folder.path)
        if base(path) == "migrations" and base(outer(path)) == "supabase":
            return "the folder's name, supabase/migrations"
        return None

    def named(self, file: str) -> Named | None:
        """The digits before the first underscore, compared as text."""
        match = _NAME.match(file)
        if match is None:
            return None
        made = plain(file, match.group(1))
        return Named(made.id, match.group(1), made.aliases)

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file."""
        settings = join(parent(folder.path) or join(folder.path, ".."), "config.toml")
        names = [name for name in folder.files if name[0] != "."]
        return (self.read_names(folder, names, request, [settings] if is_file(settings) else ()),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The whole file; there is no way back."""
        return [Built(section(document, [(0, len(document.text))], TransactionMode.ONE))]


SOURCE = Supabase()
