"""What a migration tool's reader is, and where the readers are found.

To add a tool, add one module to `migration_lint.sources.tools` with a `SOURCE` in it. Its name is
the tool's with ``_`` for ``-``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib import import_module

from msgspec import Struct

from migration_lint.errors import UsageError
from migration_lint.model import Document, Error, Irregularity, Migration
from migration_lint.sources import tools
from migration_lint.sources.folder import Folder, listed


class Entry(Struct, frozen=True):
    """A migration and every file that it is made of: scripts, and settings that belong to it.

    `aliases` are other names that people use for it (``42`` for ``V42``).
    """

    migration: Migration
    files: tuple[str, ...]
    aliases: tuple[str, ...] = ()


class Gap(Struct, frozen=True):
    """A file that may change the schema and was not read, and how many entries run before it.

    It matters where the file itself is to be checked; an old one is only missing context.
    """

    error: Error
    position: int


class Reading(Struct, frozen=True):
    """One history: what a tool would run from a folder, in its order.

    `errors` always count; `gaps` where their file is to be checked. `complete`: the first
    migration starts from an empty schema. `configuration` are the files that say what is run and
    how. `irregularities` are what is wrong with the history as a whole.
    """

    entries: tuple[Entry, ...] = ()
    errors: tuple[Error, ...] = ()
    gaps: tuple[Gap, ...] = ()
    complete: bool = True
    configuration: tuple[str, ...] = ()
    irregularities: tuple[Irregularity, ...] = ()
    late: str | None = None
    """What the tool does with a migration that sorts before one that has run, where a setting
    makes it other than `Source.late`."""


class Request(Struct, frozen=True):
    """What the user set: `encoding` or None to guess, `settings` by tool name, `named` files.

    `named` are names in the folder that the user asked for one by one. `engine` is the name of the
    engine that checks: a tool that writes the SQL itself writes it for that one.
    """

    encoding: str | None = None
    settings: Mapping[str, object] = {}
    named: frozenset[str] = frozenset()
    engine: str | None = None


class Source(ABC):
    """Reads the folders of one migration tool. It keeps nothing between calls."""

    name: str
    """As in ``--tool`` and `Migration.tool`."""

    precedence: int
    """Sources are asked in ascending order: one with a surer mark before one with a vaguer one.

    10: a file that only this tool has (a lock file, a plan); 20: a mark inside the scripts;
    30: names, with a manifest or a configuration of the tool; 40: names alone; 100: any SQL.
    """

    generic: bool = False
    """Whether any folder with SQL in it would do, so that it is not looked for."""

    outside_transaction: str = "that the tool runs outside a transaction, with no other statement"
    """How one migration gets to run outside a transaction, after "a migration of its own, "."""

    edited: str = "databases that ran it keep what it did, and new ones get something else"
    """What comes of a merged migration that is changed."""

    late: str = "databases that are up to date run it after newer ones, and new ones before them"
    """What comes of a migration that sorts before one that has run. Empty: the tool does not mind."""

    removed: str = "databases that ran it keep what it did, and new ones never get it"
    """What comes of a merged migration that is gone, or has another name."""

    checksums: bool = False
    """Whether the tool keeps checksums, so that a change of comments and blanks is one too."""

    duplicate: str = "the tool stops, or runs only one of them"
    """What comes of two migrations with the same version."""

    sweeps: bool = True
    """Whether every SQL file at or below the folder is the tool's, or is to be told as left out."""

    def concerns(self, path: str) -> bool:
        """Whether a file at or below the folder says what the history is. False leaves it out of the past."""
        return True

    @abstractmethod
    def recognises(self, folder: Folder) -> str | None:
        """The mark by which the folder is known as a history of this tool; None where it is not one.

        It completes "known by": ``atlas.sum``, ``3 of 3 SQL files are named …``. May look into the
        folder's files and sub-folders, and for configuration files above it.
        """

    def home(self, folder: Folder) -> str | None:
        """The folder of the history to which files directly in `folder` belong; None: not ours."""
        return folder.path if self.recognises(folder) else None

    @abstractmethod
    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """All that the tool would run from the folder.

        The first reading is the folder's main history. Others are what the tool runs elsewhere or
        instead: another database, another way to begin; they are left out where nothing of theirs
        is asked for.
        """

    def rendered(self, folder: Folder, readings: Sequence[Reading], request: Request) -> Sequence[Reading]:
        """The readings with the SQL that the tool itself renders, where the user asks for that.

        It runs the project's code, and so it is never asked of what was read as syntax for comparison.
        """
        return readings

    @abstractmethod
    def single(self, document: Document, request: Request) -> Reading:
        """A document that lies in no folder (standard input) as this tool's only migration."""


def names() -> list[str]:
    """The module names of all tools."""
    found: set[str] = set()
    for place in tools.__path__:
        try:
            content = listed(place)
            found.update((*content.files, *content.folders))
        except OSError:  # in a zip file
            from pkgutil import iter_modules

            found.update(module.name for module in iter_modules([place]))
    return sorted({name.partition(".")[0] for name in found if not name.startswith("_")})


def sources() -> list[Source]:
    """Every tool's source, the one with the surest mark first."""
    found: list[Source] = [import_module(f"{tools.__name__}.{name}").SOURCE for name in names()]
    return sorted(found, key=lambda source: (source.precedence, source.name))


def source_of(tool: str) -> Source:
    """The source of a tool, without a look at the others; the one of plain SQL for a name of no tool."""
    module = tool.replace("-", "_")
    source: Source = import_module(f"{tools.__name__}.{module if module in names() else 'sql'}").SOURCE
    return source


def by_name(name: str, known: Sequence[Source]) -> Source:
    """The source of that name. Raises UsageError."""
    for source in known:
        if source.name == name:
            return source
    raise UsageError(f"{name}: unknown tool (known: {', '.join(sorted(s.name for s in known))})")


def admitted(folder: Folder, request: Request, tool: str) -> Folder:
    """The folder without what the tool's setting ``exclude`` leaves out.

    That is a list of patterns (``*``, ``?``) for names, or for paths where there is a ``/`` in one.
    """
    patterns = settings_of(request, tool).get("exclude")
    if patterns is None:
        return folder
    if not isinstance(patterns, (list, tuple)) or not all(isinstance(each, str) for each in patterns):
        raise UsageError(f"{tool}.exclude: a list of patterns is wanted")
    from fnmatch import fnmatchcase

    def kept(name: str) -> bool:
        path = folder.join(name)
        return not any(fnmatchcase(path if "/" in each else name, each) for each in patterns)

    return Folder(folder.path, tuple(filter(kept, folder.files)), tuple(filter(kept, folder.folders)))


def settings_of(request: Request, tool: str) -> Mapping[str, object]:
    """The user's settings of one tool. Raises UsageError where they are no table."""
    found = request.settings.get(tool, {})
    if not isinstance(found, Mapping):
        raise UsageError(f"{tool}: the settings of a tool are a table")
    return found
