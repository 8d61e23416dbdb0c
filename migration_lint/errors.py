"""Failures that the person who ran the command can put right."""

from __future__ import annotations


class UsageError(Exception):
    """A wrong argument or setting. The message is for the user; the exit code is 2."""
