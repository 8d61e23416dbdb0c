# The commands of a working day. `just` lists them; none does more than its line says.

python := ".venv/bin/python"

_list:
    @just --list --unsorted

# Everything that CI does
ci:
    .ci/run

# An environment with everything
install:
    python3 -m venv .venv
    {{python}} -m pip install --quiet --upgrade pip
    {{python}} -m pip install --quiet --editable '.[mysql,github,junit,checklist,rehearsal]' --group test --group lint --group benchmark

# The tests, or those that match
test *ARGUMENTS:
    {{python}} -m pytest {{ARGUMENTS}}

# Where the engine predicts what servers do not do
truth *ARGUMENTS:
    {{python}} -m tests.truth {{ARGUMENTS}}

# Formatting, lint, types, import contracts
lint:
    .venv/bin/ruff format
    .venv/bin/ruff check --fix
    .venv/bin/mypy
    .venv/bin/lint-imports

# The generated parts of the README, written anew
readme:
    {{python}} -m tests.project.readme --write

# How long it takes, as a multiple of squawk
benchmark *ARGUMENTS:
    {{python}} -m benchmarks {{ARGUMENTS}}
