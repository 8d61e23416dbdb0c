"""Real git repositories, and clones as CI services make them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

_IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    """What git prints, without the line break at its end."""
    command = ["git", "-C", str(folder), *_IDENTITY, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout.removesuffix("\n")


def commit(folder: Path, files: Mapping[str, str | None]) -> str:
    """Write (None: delete) the files and commit them; the commit's id."""
    for name, text in files.items():
        path = folder / name
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


class PullRequest(Struct, frozen=True):
    """A repository as GitHub holds it, with pull request 1 from `head` into main."""

    origin: Path
    base: str
    """main's commit when the pull request was opened."""
    tip: str
    """main's commit now."""
    head: str
    merge: str
    """refs/pull/1/merge: `head` merged into `tip`."""

    def checkout(self, folder: Path, *, depth: int | None = 1, commit: str | None = None) -> Path:
        """The commit (without one: the merge) alone, detached, as actions/checkout gets it."""
        folder.mkdir(parents=True)
        git(folder, "init", "-q")
        git(folder, "remote", "add", "origin", self.origin.as_uri())
        limit = [f"--depth={depth}"] if depth is not None else []
        heads = [] if depth is not None else ["+refs/heads/*:refs/remotes/origin/*"]
        wanted = commit or self.merge
        git(
            folder,
            "fetch",
            "-q",
            "--no-tags",
            *limit,
            "origin",
            *heads,
            f"+{wanted}:refs/remotes/pull/1/merge",
        )
        git(folder, "checkout", "-q", "--detach", wanted)
        return folder


def pull_request(
    folder: Path,
    before: Mapping[str, str],
    changes: Sequence[Mapping[str, str | None]],
    meanwhile: Sequence[Mapping[str, str | None]] = (),
) -> PullRequest:
    """`before` is on main; each of `changes` is a commit of the pull request, of `meanwhile` one of main."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    base = commit(folder, before)
    git(folder, "switch", "-q", "-c", "feature")
    head = base
    for files in changes:
        head = commit(folder, files)
    git(folder, "switch", "-q", "main")
    tip = base
    for files in meanwhile:
        tip = commit(folder, files)
    git(folder, "checkout", "-q", "--detach")
    git(folder, "merge", "-q", "--no-ff", "-m", "merge", head)
    merge = git(folder, "rev-parse", "HEAD")
    git(folder, "update-ref", "refs/pull/1/merge", merge)
    git(folder, "switch", "-q", "main")
    return PullRequest(folder, base, tip, head, merge)
