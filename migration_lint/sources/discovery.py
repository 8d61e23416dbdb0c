"""Which tool's migrations a folder holds, and where under a root there are any."""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.sources.folder import Folder, absolute, base, clean, is_link, join, listed
from migration_lint.sources.source import Source, sources

# What package managers and builds leave behind holds other people's migrations, or copies.
_SKIPPED = frozenset(
    {
        "__pycache__",
        "bower_components",
        "build",
        "dist",
        "node_modules",
        "out",
        "site-packages",
        "target",
        "third_party",
        "vendor",
        "venv",
    }
)
_NUMBERED = re.compile(r"[0-9]+(?:[_.-].*)?\.sql\Z", re.IGNORECASE)
_USUAL = frozenset({"migration", "migrations", "migrate"})


def detect(folder: str) -> list[str]:
    """The names of the tools that recognise the folder, the surest first. Raises OSError."""
    content = listed(clean(folder))
    return [source.name for source in sources() if source.recognises(content) is not None]


def find(root: str, known: Sequence[Source] | None = None) -> list[tuple[str, str]]:
    """(folder, tool) of the migration folders at and under `root`, in the order of their paths.

    A folder of plain SQL counts where its files are numbered or its name is the usual one.
    Folders that cannot be read are left out. `known` are the sources to ask, all of them by default.
    """
    known = sources() if known is None else known
    found: dict[str, Source] = {}
    waiting = [clean(root)]
    while waiting:
        path = waiting.pop()
        try:
            folder = listed(path)
        except OSError:
            continue
        if "pyvenv.cfg" in folder.files:
            continue
        for source in known:
            if source.generic and not looks_like_migrations(folder):
                continue
            home = source.home(folder)
            if home is not None:
                found.setdefault(home, source)
                break
        waiting += [folder.join(name) for name in folder.folders if not skipped(folder, name)]
    tops = [join(path, "") for path, source in found.items() if not source.generic]
    return sorted(
        (path, source.name)
        for path, source in found.items()
        if not (source.generic and any(path.startswith(top) for top in tops))
    )


def looks_like_migrations(folder: Folder) -> bool:
    """Whether plain SQL files are numbered, or their folder has the usual name."""
    if any(_NUMBERED.match(name) for name in folder.files):
        return True
    usual = base(absolute(folder.path)) in _USUAL
    return usual and any(name.lower().endswith(".sql") for name in folder.files)


def skipped(folder: Folder, name: str) -> bool:
    """Whether a sub-folder is not looked into: hidden, a link, or other people's."""
    return name[0] == "." or name in _SKIPPED or is_link(folder.join(name))
