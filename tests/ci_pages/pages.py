"""The pages of `docs/ci`, and what their pipelines run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.cli.command import ROOT

PAGES = ROOT / "docs" / "ci"
_BLOCK = re.compile(r"^```(?:yaml|groovy)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SETS_UP = re.compile(r"pip\"? install|-m venv")
"""Lines that need a package index: the tests have migration-lint already."""


def pipeline(name: str) -> str:
    """The one pipeline of a page."""
    [found] = _BLOCK.findall((PAGES / f"{name}.md").read_text())
    return str(found)


def names() -> list[str]:
    return sorted(path.stem for path in Path(PAGES).glob("*.md"))


def lines(name: str) -> list[str]:
    """What the pipeline has a shell run, but for the lines that install."""
    if name == "jenkins":
        found = re.findall(r"^\s*sh '(.*)'$", pipeline(name), re.MULTILINE)
    else:
        found = _IN_YAML[name](yaml.safe_load(pipeline(name)))
    kept = [line for line in found if not _SETS_UP.search(line)]
    assert len(kept) < len(found)
    return kept


def _azure(made: Any) -> list[str]:
    return [step["script"] for step in made["jobs"][0]["steps"] if "script" in step]


def _bitbucket(made: Any) -> list[str]:
    return list(made["pipelines"]["pull-requests"]["**"][0]["step"]["script"])


def _buildkite(made: Any) -> list[str]:
    """The agent puts `$` in the place of `$$` when the pipeline is uploaded."""
    command: str = made["steps"][0]["command"]
    assert not re.search(r"(?<!\$)\$(\$\$)*(?!\$)", command)
    return command.replace("$$", "$").splitlines()


def _gitlab(made: Any) -> list[str]:
    return list(made["migration-lint"]["script"])


_IN_YAML = {"azure": _azure, "bitbucket": _bitbucket, "buildkite": _buildkite, "gitlab": _gitlab}
