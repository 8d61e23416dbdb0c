"""How GitHub's answers end what we do."""

from __future__ import annotations


class GitHubError(Exception):
    """Something was not posted. The message is for the user."""


class Refused(GitHubError):
    """The token may not do it: a pull request from a fork, or a job without the permission."""


class Missing(Refused):
    """What was asked for is not there, or the token may not know of it (404)."""


class Rejected(GitHubError):
    """GitHub does not accept the content (422)."""


class Failed(GitHubError):
    """GitHub did not answer, or asks to wait for longer than we do."""
