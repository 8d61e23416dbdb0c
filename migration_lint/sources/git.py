"""Which files are new or changed since a branch was left: asked of git itself."""

from __future__ import annotations

import os
from collections.abc import Sequence

from migration_lint.errors import UsageError
from migration_lint.sources.folder import real

# Set by git around its hooks, and true of the folder that git was started in, not of ours.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def changed_since(folder: str, ref: str) -> frozenset[str]:
    """Files of the folder's repository added or modified since the merge base with `ref`.

    Real absolute paths, with the files that are not yet committed and not ignored. A renamed file
    counts as added. Raises UsageError where git, the repository or the ref is not there.
    """
    if not ref or ref.startswith("-"):
        raise UsageError(f"{ref!r} is not a git ref")
    top, shallow = _git(folder, "rev-parse", "--show-toplevel", "--is-shallow-repository").split("\n")[:2]
    try:
        commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", "--").split("\n")[0]
        base = _git(folder, "merge-base", commit, "HEAD").strip()
    except _GitError as problem:
        raise UsageError(_unknown(ref, problem, shallow == "true")) from None
    compared = ["--no-renames", "--no-ext-diff", "--no-textconv", "--name-only", "--diff-filter=d", "-z"]
    changed = _git(top, "diff", *compared, base, "--")
    untracked = _git(top, "ls-files", "--others", "--exclude-standard", "-z", "--")
    root = real(top)
    return frozenset(f"{root}/{name}" for name in (changed + untracked).split("\0") if name)


class _GitError(UsageError):
    """git ended with an error; the message is its own."""


def _git(folder: str, *arguments: str) -> str:
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
    return os.fsdecode(ended.stdout)


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
