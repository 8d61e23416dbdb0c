"""What to say of an exception that nobody expected."""

from __future__ import annotations


def described(error: BaseException) -> str:
    """Type, message, and the file and line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    if trace is None:
        return text
    file = trace.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
    return f"{text} ({file}:{trace.tb_lineno})"
