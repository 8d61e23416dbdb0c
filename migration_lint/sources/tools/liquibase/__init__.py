"""Liquibase: changelogs in XML, YAML, JSON and formatted SQL; one migration for each changeSet.

https://docs.liquibase.com. Its structured changes are rendered to the SQL that Liquibase runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.model import Document
from migration_lint.sources.folder import Folder
from migration_lint.sources.source import Reading, Request, Source, settings_of


class Liquibase(Source):
    """The reader of Liquibase changelogs."""

    name = "liquibase"
    precedence = 20
    outside_transaction = 'with runInTransaction="false" on its changeSet'
    edited = (
        "liquibase update stops wherever the changeSet has run: its checksum is another;"
        " write a new changeSet instead"
    )
    late = "databases that are up to date run the changeSet after newer ones, and new ones before them"

    def recognises(self, folder: Folder) -> str | None:
        """A changelog in the folder."""
        from migration_lint.sources.tools.liquibase.detection import changelog_in

        name = changelog_in(folder)
        return f"the changelog {name}" if name is not None else None

    def home(self, folder: Folder) -> str | None:
        """The folder of the outermost changelog; where only ``liquibase.properties`` is, the one it names."""
        from migration_lint.sources.tools.liquibase.detection import home_of

        return home_of(folder)

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """What ``liquibase update`` runs from the folder's changelogs."""
        from migration_lint.sources.tools.liquibase import configuration, history
        from migration_lint.sources.tools.liquibase.detection import configuration_file

        path, settings = configuration_file(folder.path), settings_of(request, self.name)
        found = configuration.of(path, settings, request.engine)
        return history.read(folder, found, request)

    def single(self, document: Document, request: Request) -> Reading:
        """The document as a changelog that includes nothing."""
        from migration_lint.sources.tools.liquibase import configuration, history

        return history.single(
            document, configuration.of(None, settings_of(request, self.name), request.engine)
        )


SOURCE = Liquibase()
