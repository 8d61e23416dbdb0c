"""``--target``: which database it is about."""

from __future__ import annotations

import os

from migration_lint.cli.setup import WITH_SECRETS
from migration_lint.config import Config
from migration_lint.errors import UsageError
from migration_lint.suggestion import suggestion
from migration_lint.targets import Target


def target_of(config: Config, name: str | None) -> tuple[str, Target]:
    """The target of that name; the only one, where no name is given.

    Raises UsageError where there is none, and where the configuration may be a stranger's: it names
    commands that would be run beside secrets.
    """
    event = os.environ.get("GITHUB_EVENT_NAME", "")
    if event in WITH_SECRETS:
        raise UsageError(
            f"targets: they may name commands, and are not asked for the event {event}, which may see secrets"
        )
    if not config.targets:
        raise UsageError("no target: add [targets.production] to migration-lint.toml (docs/checklist.md)")
    if name is None:
        if len(config.targets) > 1:
            raise UsageError(f"--target: which one? (known: {', '.join(config.targets)})")
        (name,) = config.targets
    if name not in config.targets:
        near = suggestion(name, config.targets) or f" (known: {', '.join(config.targets)})"
        raise UsageError(f"--target: {name!r} is not in the configuration{near}")
    return name, config.targets[name]
