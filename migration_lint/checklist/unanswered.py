"""The one way in which a question stays open."""

from __future__ import annotations


class Unanswered(Exception):
    """There is no answer. The message says why, and what to do; it holds no secret."""
