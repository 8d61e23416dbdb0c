"""Rails: ``db/migrate/20240101120000_create_users.rb``, in Ruby.

Each migration runs in a transaction, unless its class says ``disable_ddl_transaction!``. The order is
that of the numbers. https://guides.rubyonrails.org/active_record_migrations.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, Error
from migration_lint.sources.folder import Folder, base, outer_named
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles, with_nested

_NAME = re.compile(r"([0-9]+)_([_a-z0-9]*)\.?([_a-z0-9]*)?\.rb\Z")
_CLASS = re.compile(r"\bclass\s+[\w:]+\s*<\s*[\w:]*Migration\b")
_HINT = (
    "Write it as SQL in execute, or run it on a scratch database and check the SQL that Rails writes to"
    " log/development.log with `migration-lint check -`"
)


class Rails(SqlFiles):
    """The reader of one folder of Rails migrations."""

    name = "rails"
    precedence = 20
    outside_transaction = "with `disable_ddl_transaction!` in its class"
    duplicate = "Rails raises DuplicateMigrationVersionError"
    form = "NUMBER_name.rb"
    code = ("rb",)
    strays = ("rb",)

    def recognises(self, folder: Folder) -> str | None:
        """A numbered file whose class is a migration."""
        for name, text in folder.programs:
            if _NAME.match(name) and _CLASS.search(text):
                return f"a migration's class in {name}"
        return None

    def home(self, folder: Folder) -> str | None:
        """The folder called ``migrate``, with all below it."""
        if self.recognises(folder) is None:
            return None
        return outer_named(folder.path, re.compile(r"\w*migrate\Z")) or folder.path

    def named(self, file: str) -> Named | None:
        """Rails runs no SQL file."""
        return None

    def named_code(self, file: str) -> Named | None:
        """The number that the name begins with."""
        match = _NAME.match(base(file))
        if match is None:
            return None
        number = match.group(1)
        return Named(base(file)[: -len(".rb")], int(number), (number, file))

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file, in the sub-folders too."""
        return (with_nested(self, folder, request),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """A migration that has no name."""
        return self.built_code(document, request)

    def built_code(self, document: Document, request: Request) -> Sequence[Built]:
        """The SQL that the class executes, as far as it is written out."""
        from migration_lint.sources.code import ruby
        from migration_lint.sources.code.program import built

        found = ruby.read(document)
        if isinstance(found, Error):
            return [Built(None, gaps=(found,))]
        return [built(*found, _HINT)]


SOURCE = Rails()
