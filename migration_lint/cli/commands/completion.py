"""``migration-lint completion``: tab completion."""

from __future__ import annotations

import click

from migration_lint.cli.output import write
from migration_lint.errors import UsageError

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog="""\b
Examples:
  migration-lint completion bash >> ~/.bashrc
  migration-lint completion zsh >> ~/.zshrc
  migration-lint completion fish > ~/.config/fish/completions/migration-lint.fish
"""
)
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> int:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from migration_lint.cli.main import PROGRAM, cli

    completion = get_completion_class(shell)
    if completion is None:
        raise UsageError(f"no completion for {shell}")
    script = completion(cli, {}, PROGRAM, "_MIGRATION_LINT_COMPLETE")
    write(script.source_template % script.source_vars())
    return 0
