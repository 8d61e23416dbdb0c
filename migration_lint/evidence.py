"""What a rehearsal proved of one migration, kept in a file until a gate asks for it.

One JSON file per migration (`migration_lint/schemas/evidence.json` is the schema). It holds for the
very scripts that were rehearsed: their hashes are in it, and a changed script has no evidence.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct

from migration_lint.errors import UsageError
from migration_lint.model import Error, Migration, Script

SCHEMA: Literal["migration-lint/evidence/1"] = "migration-lint/evidence/1"
FOLDER = ".migration-lint/evidence"
"""Where evidence is written and looked for, below the working folder, unless another is named."""

_MOST = 1024 * 1024
"""Bytes of a file of evidence; a longer one is none of ours."""

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer. Unknown (not tried, or not to be told) never counts as passed; `why` says which."""

    status: Literal["passed", "failed", "unknown"]
    why: str = ""


class Results(Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked of a migration."""

    applied: Annotated[Result, Meta(description="The up script ran to its end.")]
    rollback_tested: Annotated[
        Result, Meta(description="The down script ran to its end after up, and up ran again after it.")
    ]
    fingerprint_equal: Annotated[
        Result,
        Meta(description="After down, schema and surviving data were as before; after up again, as after."),
    ]
    queries_ok: Annotated[
        Result, Meta(description="The deployed code's queries can be prepared after the migration.")
    ]

    def each(self) -> list[tuple[str, Result]]:
        """(name, result) of every question."""
        return [(name, getattr(self, name)) for name in self.__struct_fields__]


class Evidence(Struct, frozen=True, forbid_unknown_fields=True):
    """What was seen of one migration on one server.

    The hashes are of the SQL that runs (UTF-8, placeholders replaced). `transaction` is how the
    tool wraps the up script; `seconds` is how long it took.
    """

    schema: Literal["migration-lint/evidence/1"]
    migration: str
    tool: str
    path: str
    up_sha256: Sha256
    down_sha256: Sha256 | None
    transaction: Literal["one", "none", "each"]
    engine: str
    server_version: Annotated[str, Meta(description="With the minor release: 18.6.")]
    results: Results
    seconds: Annotated[float, Meta(ge=0)]
    at: Annotated[datetime, Meta(tz=True)]

    def valid_for(self, migration: Migration) -> bool:
        """Whether it is about this migration as its scripts are now."""
        return self.migration == migration.id and self.stale(migration) is None

    def stale(self, migration: Migration) -> str | None:
        """What has changed in the migration since; None where nothing has."""
        if self.up_sha256 != digest(migration.up):
            return "the up script has changed since it was rehearsed"
        if self.down_sha256 != (digest(migration.down) if migration.down is not None else None):
            return "the down script has changed since it was rehearsed"
        if self.transaction != migration.up.transaction.value:
            return "the transaction that the tool wraps around the script has changed since"
        return None


def digest(script: Script) -> str:
    """The SHA-256 of the SQL that a script runs, in hexadecimal."""
    return sha256(script.sql.encode("utf-8", "surrogatepass")).hexdigest()


def write_evidence(evidence: Evidence, folder: str) -> str:
    """Write it, in place of what the folder has on the same migration; the path of the file.

    Raises UsageError where that fails. A reader sees the old file or the new one, never half of one.
    """
    path = Path(folder, _name(evidence))
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        text = msgspec.json.format(msgspec.json.encode(evidence), indent=2) + b"\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(text)
        part.replace(path)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{path}: the evidence cannot be written: {error}") from error
    return str(path)


def read_evidence(folder: str) -> tuple[tuple[Evidence, ...], tuple[Error, ...]]:
    """All evidence in a folder, and an error for each file that is none. A missing folder has none."""
    found: list[Evidence] = []
    errors: list[Error] = []
    for path in sorted(Path(folder).glob("*.json")):
        try:
            with path.open("rb") as file:
                text = file.read(_MOST)  # what is longer breaks off, and is no JSON
            found.append(msgspec.json.decode(text, type=Evidence))
        except OSError as error:
            errors.append(Error(str(path), 1, f"cannot be read: {error.strerror or error}"))
        except ValueError as error:  # not JSON, not of this shape (msgspec's errors are ValueErrors)
            errors.append(Error(str(path), 1, f"not evidence of a rehearsal: {error}"))
    return tuple(found), tuple(errors)


def newest_for(migration: Migration, among: Iterable[Evidence]) -> Evidence | None:
    """The latest evidence that holds for the migration as it is now."""
    valid = [evidence for evidence in among if evidence.valid_for(migration)]
    return max(valid, key=lambda evidence: evidence.at, default=None)


def _name(evidence: Evidence) -> str:
    """A file name for any id. Histories of two databases may share an id, so the path counts too."""
    place = sha256(f"{evidence.migration}\0{evidence.path}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{quote(evidence.migration, safe='', errors='replace')[:100]}-{place[:8]}.json"
