"""What a rehearsal saw: its forms for people and programs, one module each."""

from __future__ import annotations

FORMATS = ("text", "json", "markdown", "html")
"""The choices of ``rehearse --output-format``."""
