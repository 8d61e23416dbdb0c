"""What is new or changed since a branch was left, and what was there: asked of git itself."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from migration_lint.errors import UsageError
from migration_lint.sources.folder import real

_SMALL = 1 << 18
"""Bytes. A larger file beside the folders above is no configuration."""

# Set by git around its hooks, and true of the folder that git was started in, not of ours.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


class Base(Struct, frozen=True):
    """The commit from which a branch was left, and the root of its repository."""

    top: str
    commit: str


def merge_base(folder: str, ref: str) -> Base:
    """The merge base of HEAD with `ref`, in the repository of the folder.

    Raises UsageError where git, the repository or the ref is not there.
    """
    if not ref or ref.startswith("-"):
        raise UsageError(f"{ref!r} is not a git ref")
    top, shallow = _git(folder, "rev-parse", "--show-toplevel", "--is-shallow-repository").split("\n")[:2]
    try:
        commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", "--").split("\n")[0]
        return Base(top, _git(folder, "merge-base", commit, "HEAD").strip())
    except _GitError as problem:
        raise UsageError(_unknown(ref, problem, shallow == "true")) from None


def changed_since(base: Base) -> frozenset[str]:
    """Files of the repository added or modified since then.

    Real absolute paths, with the files that are not yet committed and not ignored. A renamed file
    counts as added.
    """
    compared = ["--no-renames", "--no-ext-diff", "--no-textconv", "--name-only", "--diff-filter=d", "-z"]
    changed = _git(base.top, "diff", *compared, base.commit, "--")
    untracked = _git(base.top, "ls-files", "--others", "--exclude-standard", "-z", "--")
    root = real(base.top)
    return frozenset(f"{root}/{name}" for name in (changed + untracked).split("\0") if name)


def is_touched(base: Base, folder: str) -> bool:
    """Whether a file that was in the folder then is another now, or gone."""
    compared = ["--no-renames", "--no-ext-diff", "--no-textconv", "--name-only", "--diff-filter=a", "-z"]
    return bool(_git(base.top, "diff", *compared, base.commit, "--", f":(top,literal){folder}"))


def files_then(base: Base, folder: str) -> dict[str, bytes]:
    """The files at and below a folder of the repository as they were then, by path; and those beside the
    folders above it, where a tool has its configuration. Links are left out.
    """
    listed = _git(base.top, "ls-tree", "-r", "-l", "-z", base.commit, "--", f"{folder}/" if folder else ".")
    above = folder
    while above:
        above = above.rpartition("/")[0]
        listed += _git(base.top, "ls-tree", "-l", "-z", base.commit, "--", f"{above}/" if above else ".")
    found: dict[str, bytes] = {}
    for line in listed.split("\0"):
        head, _, path = line.partition("\t")
        fields = head.split()
        within = path.startswith(f"{folder}/") or not folder
        if fields and fields[1] == "blob" and fields[0] != "120000" and (within or int(fields[3]) < _SMALL):
            found[path] = _run(base.top, "cat-file", "blob", fields[2])
    return found


class _GitError(UsageError):
    """git ended with an error; the message is its own."""


def _git(folder: str, *arguments: str) -> str:
    return os.fsdecode(_run(folder, *arguments))


def _run(folder: str, *arguments: str) -> bytes:
    import subprocess

    command: Sequence[str] = ["git", "-C", folder, "-c", "core.fsmonitor=false", *arguments]
    environment = {key: value for key, value in os.environ.items() if key not in _HOOK_VARIABLES}
    environment.update(GIT_OPTIONAL_LOCKS="0", LC_ALL="C")
    try:
        ended = subprocess.run(  # noqa: S603 - a list, no shell; refs that look like options are refused
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True
        )
    except FileNotFoundError:
        raise UsageError("git is not installed, and --since asks it what is new") from None
    if ended.returncode != 0:
        message = os.fsdecode(ended.stderr).strip()
        if "not a git repository" in message:
            raise UsageError(f"{folder} is not in a git repository, and --since asks git what is new")
        raise _GitError(message or f"git {arguments[0]} failed")
    return ended.stdout


def _unknown(ref: str, problem: _GitError, shallow: bool) -> str:
    if shallow:
        return (
            f"{ref}: no common history, as the clone is shallow; fetch all of it"
            " (in GitHub Actions: actions/checkout with `fetch-depth: 0`)"
        )
    message = str(problem)
    if message.startswith("git "):  # ended without a word: no such commit, or no common ancestor
        return f"{ref}: git knows no such commit, or it has no common history with HEAD"
    return f"{ref}: {message}"
