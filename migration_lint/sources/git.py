"""What is new or changed since a branch was left, and what was there: asked of git itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from migration_lint.errors import UsageError
from migration_lint.sources.folder import real

_SMALL = 1 << 18
"""Bytes. A larger file beside the folders above is no configuration."""

# Set by git around its hooks, and true of the folder that git was started in, not of ours.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_DEPTHS = (2, 50, 500, 5000)
"""How many commits of a shallow clone's branches are fetched, one after the other, before all are."""
_SECONDS = 120
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")


class Undetected(Exception):
    """git cannot tell what has changed. The message says why, and what to do."""


class Base(Struct, frozen=True):
    """The commit from which a branch was left, and the root of its repository."""

    top: str
    commit: str


def merge_base(folder: str, ref: str) -> Base:
    """The merge base of HEAD with `ref`, in the repository of the folder.

    Where a clone is too shallow to hold it, what is missing is fetched. Raises UsageError for what can
    be no ref, Undetected where there is no answer.
    """
    if not ref or ref.startswith("-"):
        raise UsageError(f"{ref!r} is not a git ref")
    top = _git(folder, "rev-parse", "--show-toplevel").removesuffix("\n")
    return Base(top, _merge_base(top, ref))


def commit_of(folder: str, ref: str) -> Base:
    """The commit that `ref` names, in the repository of the folder. Raises UsageError and Undetected."""
    if not ref or ref.startswith("-"):
        raise UsageError(f"{ref!r} is not a git ref")
    top = _git(folder, "rev-parse", "--show-toplevel").removesuffix("\n")
    try:
        commit = _git(top, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", "--")
    except Undetected as problem:
        raise Undetected(_unknown(ref, str(problem))) from None
    return Base(top, commit.split("\n")[0])


def changed_since(base: Base) -> frozenset[str]:
    """Files of the repository added or modified since then.

    Real absolute paths, with the files that are not yet committed and not ignored. A renamed file
    counts as added. Raises Undetected.
    """
    compared = ["--no-renames", "--no-ext-diff", "--no-textconv", "--name-only", "--diff-filter=d", "-z"]
    changed = _git(base.top, "diff", *compared, base.commit, "--")
    untracked = _git(base.top, "ls-files", "--others", "--exclude-standard", "-z", "--")
    root = real(base.top)
    return frozenset(f"{root}/{name}" for name in (changed + untracked).split("\0") if name)


def is_touched(base: Base, folder: str, concerns: Callable[[str], bool]) -> bool:
    """Whether a file that was in the folder then, and that matters, is another now, or gone."""
    compared = ["--no-renames", "--no-ext-diff", "--no-textconv", "--name-only", "--diff-filter=a", "-z"]
    changed = _git(base.top, "diff", *compared, base.commit, "--", f":(top,literal){folder}")
    return any(map(concerns, filter(None, changed.split("\0"))))


def files_then(
    base: Base, folder: str, concerns: Callable[[str], bool] = lambda path: True
) -> dict[str, bytes]:
    """The files at and below a folder of the repository as they were then, by path, that matter; and those
    beside the folders above it, where a tool has its configuration. Links are left out.
    """
    listed = _git(base.top, "ls-tree", "-r", "-l", "-z", base.commit, "--", f"{folder}/" if folder else ".")
    above = folder
    while above:
        above = above.rpartition("/")[0]
        listed += _git(base.top, "ls-tree", "-l", "-z", base.commit, "--", f"{above}/" if above else ".")
    wanted: dict[str, str] = {}
    for line in listed.split("\0"):
        head, _, path = line.partition("\t")
        fields = head.split()
        within = path.startswith(f"{folder}/") or not folder
        if not fields or fields[1] != "blob" or fields[0] == "120000":
            continue
        if concerns(path) if within else int(fields[3]) < _SMALL:
            wanted[path] = fields[2]
    return dict(zip(wanted, _blobs(base.top, list(wanted.values())), strict=True))


def _blobs(top: str, names: Sequence[str]) -> Iterator[bytes]:
    """The content of blobs, in order."""
    told = _run(top, "cat-file", "--batch", given="".join(f"{name}\n" for name in names).encode())
    at = 0
    for _ in names:
        head, _, _ = told[at : at + 200].partition(b"\n")
        start = at + len(head) + 1
        at = start + int(head.rpartition(b" ")[2])
        yield told[start:at]
        at += 1  # a line break after each


def _merge_base(top: str, ref: str) -> str:
    """The commit at which the branches parted. Raises Undetected."""
    deeper = _deeper(top, ref)
    while True:
        try:
            commit = _git(top, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", "--")
            return _git(top, "merge-base", commit.split("\n")[0], "HEAD").split("\n")[0]
        except Undetected as problem:
            if not _is_shallow(top):
                raise Undetected(_unknown(ref, str(problem))) from None
        next(deeper)


def _deeper(top: str, ref: str) -> Iterator[None]:
    """Fetches more and more of a shallow clone's history. Raises Undetected when it cannot."""
    fetch = ["-c", "core.hooksPath=/dev/null", "fetch", "--quiet", "--no-tags", "--no-recurse-submodules"]
    fetch.append("--no-write-fetch-head")
    wanted = ["origin", _git(top, "rev-parse", "HEAD").strip(), *_fetchable(ref)]
    has = int(_git(top, "rev-list", "--count", "--first-parent", "HEAD"))
    for depth in (*(f"--depth={depth}" for depth in _DEPTHS if depth > has), "--unshallow"):
        try:
            _git(top, *fetch, depth, *wanted)
        except Undetected as problem:
            raise Undetected(
                f"{ref}: no common history, as the clone is shallow, and more cannot be fetched"
                f" ({' '.join(str(problem).split())}); clone all of it"
                " (in GitHub Actions: actions/checkout with `fetch-depth: 0`)"
            ) from None
        yield
    raise Undetected(_unknown(ref, "git fetched everything"))


def _fetchable(ref: str) -> list[str]:
    """What `git fetch` is to be asked for beside HEAD, so that the ref is known here."""
    if _COMMIT.fullmatch(ref):
        return [ref]
    branch = ref.removeprefix("refs/remotes/").removeprefix("origin/")
    if branch != ref and not re.search(r"[\^~:@{]", branch):
        return [f"+refs/heads/{branch}:refs/remotes/origin/{branch}"]
    return []


def _is_shallow(top: str) -> bool:
    return _git(top, "rev-parse", "--is-shallow-repository").strip() == "true"


def _git(folder: str, *arguments: str) -> str:
    return os.fsdecode(_run(folder, *arguments))


def _run(folder: str, *arguments: str, given: bytes | None = None) -> bytes:
    """What git prints. Raises Undetected."""
    import subprocess

    command: Sequence[str] = ["git", "-C", folder, "-c", "core.fsmonitor=false", *arguments]
    environment = {key: value for key, value in os.environ.items() if key not in _HOOK_VARIABLES}
    environment.update(GIT_OPTIONAL_LOCKS="0", GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    try:
        ended = subprocess.run(  # noqa: S603 - a list, no shell; refs that look like options are refused
            command, env=environment, input=given or b"", capture_output=True, timeout=_SECONDS
        )
    except FileNotFoundError:
        raise Undetected("git is not installed, and --since asks it what is new") from None
    except subprocess.TimeoutExpired:
        raise Undetected(f"git did not end within {_SECONDS} s") from None
    if ended.returncode != 0:
        message = _PASSWORD.sub("***", os.fsdecode(ended.stderr).strip())
        if "not a git repository" in message:
            raise Undetected(f"{folder} is not in a git repository, and --since asks git what is new")
        raise Undetected(message or "git ended without a word")
    return ended.stdout


def _unknown(ref: str, message: str) -> str:
    if message.startswith("git "):  # no such commit, or no common ancestor
        return f"{ref}: git knows no such commit, or it has no common history with HEAD"
    return f"{ref}: {message}"
