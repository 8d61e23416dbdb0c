"""From files to histories: one file of `migration_lint.sources.tools` per migration tool.

`load` reads what the command line names, `detect` says which tools recognise a folder, `find`
looks for migration folders.
"""

from __future__ import annotations

from migration_lint.sources.discovery import detect, find
from migration_lint.sources.loading import load

__all__ = ["detect", "find", "load"]
