"""Programs that read our formats. Where one is missing, the test fails and says what to install."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

_MULTITOOL = f"@microsoft/sarif-multitool-{'darwin' if sys.platform == 'darwin' else 'linux'}"


def sarif_complaints(path: Path) -> list[str]:
    """What Microsoft's SARIF multitool has against a file, by the standard and by GitHub's rules.

    It exits with 0 whatever it finds.
    """
    tool = Path(sys.prefix) / "node_modules" / _MULTITOOL / "Sarif.Multitool"
    assert tool.exists(), f"{_MULTITOOL} is missing: npm install --prefix {sys.prefix} {_MULTITOOL}"
    tool.chmod(0o755)
    done = subprocess.run(
        [tool, "validate", path, "--rule-kind", "Sarif;Ghas"],
        capture_output=True,
        text=True,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        timeout=120,
        check=False,
    )
    assert "Analysis completed successfully." in done.stdout, done
    return re.findall(r"(?:error|warning|note) (\w+: .*)", done.stdout)


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()
