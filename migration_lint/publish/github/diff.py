"""Which lines of a pull request's files can have a comment: those of the diff, and no others.

A review with one comment elsewhere is rejected as a whole (422).
https://docs.github.com/rest/pulls/reviews#create-a-review-for-a-pull-request
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")


class ChangedFile(Struct, frozen=True):
    """A file of a pull request. `hunks` are (first, last) lines of its new text that the diff shows.

    `text` is that text, where the diff shows all of it; `sha` its blob in git.
    """

    path: str
    hunks: tuple[tuple[int, int], ...] = ()
    text: str | None = None
    sha: str = ""

    def shows(self, first: int, last: int) -> bool:
        """Whether all these lines are in one hunk."""
        return any(start <= first and last <= end for start, end in self.hunks)


def changed_file(path: str, status: str, patch: str | None, sha: str = "") -> ChangedFile:
    """A file as GitHub's list of a pull request's files has it.

    The patch of a binary or large file, or of one that was only renamed, is missing.
    """
    hunks = tuple(_hunks(patch or ""))
    text = _new_text(patch) if patch and status == "added" and hunks and hunks[0][0] == 1 else None
    return ChangedFile(path, hunks, text, sha)


def _hunks(patch: str) -> Iterator[tuple[int, int]]:
    for line in patch.split("\n"):
        if match := _HUNK.match(line):
            start, size = int(match[1]), int(match[2] or 1)
            if size:
                yield start, start + size - 1


def _new_text(patch: str) -> str:
    """The text of a new file, whose patch is nothing but the lines that it adds."""
    lines = patch.split("\n")[1:]
    added = "\n".join(line[1:] for line in lines if line.startswith("+"))
    return added if lines and lines[-1].startswith("\\") else added + "\n"
