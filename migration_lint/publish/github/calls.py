"""Calls of GitHub's API that end: repeated where that is safe, and not for ever.

https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
PyGithub's own retries are not used: they send a POST again after a 5xx, which may have been carried
out, and wait as long as a ``Retry-After`` header says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from github import GithubException
from requests.exceptions import RequestException

from migration_lint.publish.github.errors import Failed, GitHubError, Missing, Refused, Rejected

_T = TypeVar("_T")

_ATTEMPTS = 4
_SECONDARY_WAIT = 60.0
"""Seconds, where a secondary rate limit does not say how long."""


class Calls:
    """Carries out calls. All waiting together takes at most `patience` seconds."""

    def __init__(
        self, *, patience: float = 180.0, sleep: Callable[[float], None] = time.sleep, hidden: str = ""
    ) -> None:
        """`hidden` (the token) is taken out of what GitHub says, should it repeat it."""
        self._left = patience
        self._sleep = sleep
        self._hidden = hidden

    def read(self, call: Callable[[], _T]) -> _T:
        """The answer to a call that changes nothing, or may be sent twice. Raises GitHubError."""
        return self.write(call, lambda: None)

    def remove(self, call: Callable[[], None]) -> None:
        """A call that deletes something. That it is gone already is as good. Raises GitHubError."""
        try:
            self.read(call)
        except Missing:
            return

    def write(self, call: Callable[[], _T], look: Callable[[], _T | None]) -> _T:
        """The answer to a call that must be carried out once. Raises GitHubError.

        Where it is not known whether a call was carried out, `look` finds what it would have made.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return call()
            except Exception as error:  # PyGithub raises anything for an answer that it does not expect
                if (wait := _limited(error)) is None:
                    if not _ambiguous(error):
                        raise self._ended(error) from None
                    if attempt == _ATTEMPTS:
                        raise self._failed(error) from None
                    self._wait(2.0 ** (attempt - 1), error)
                    if (found := self._look(look)) is not None:
                        return found
                elif attempt == _ATTEMPTS:
                    raise self._failed(error) from None
                else:
                    self._wait(wait, error)
        raise AssertionError("the last attempt returns or raises")

    def _look(self, look: Callable[[], _T | None]) -> _T | None:
        return self.read(look)

    def _wait(self, seconds: float, error: Exception) -> None:
        if seconds > self._left:
            raise Failed(
                f"{self._said(error)}; it asks to wait {seconds:.0f} s, and {self._left:.0f} s are left"
            ) from None
        self._left -= seconds
        self._sleep(seconds)

    def _ended(self, error: Exception) -> GitHubError:
        """What an answer means that no repetition would change."""
        status = error.status if isinstance(error, GithubException) else 0
        kind = {403: Refused, 404: Missing, 422: Rejected}.get(status, Failed)
        return kind(self._said(error))

    def _failed(self, error: Exception) -> Failed:
        return Failed(f"{self._said(error)} ({_ATTEMPTS} attempts)")

    def _said(self, error: Exception) -> str:
        """``GitHub answered 502: Bad Gateway``: nothing of the request, whose headers hold the token."""
        if isinstance(error, GithubException):
            message = error.data.get("message", "") if isinstance(error.data, dict) else ""
            details = error.data.get("errors", "") if isinstance(error.data, dict) else ""
            text = f"GitHub answered {error.status}: {message} {details or ''}"
        elif isinstance(error, RequestException):
            text = f"GitHub did not answer ({type(error).__name__})"
        else:
            text = f"GitHub's answer was not understood ({type(error).__name__})"
        text = " ".join(text.rstrip(": ").split())[:500]
        return text.replace(self._hidden, "***") if self._hidden else text


def _ambiguous(error: Exception) -> bool:
    """Whether the call may have been carried out, and another attempt may go better."""
    if isinstance(error, GithubException):
        return error.status >= 500
    return True


def _limited(error: Exception) -> float | None:
    """The seconds to wait where a rate limit kept the call from being carried out, None where none did."""
    if not isinstance(error, GithubException) or error.status not in (403, 429):
        return None
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    message = str(error.data.get("message", "")) if isinstance(error.data, dict) else ""
    if (after := headers.get("retry-after", "")).isdigit():
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0" or message.lower().startswith("api rate limit exceeded"):
        reset = headers.get("x-ratelimit-reset", "")
        # The second in which it ends is not over when it begins.
        return max(1.0, int(reset) - time.time() + 1) if reset.isdigit() else _SECONDARY_WAIT
    if error.status == 429 or "secondary rate limit" in message.lower():
        return _SECONDARY_WAIT
    return None
