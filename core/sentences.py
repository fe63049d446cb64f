"""Errors as text for an administrator, who has no traceback."""


def one_line(error: BaseException) -> str:
    """Return what an error says, on one line."""
    return " ".join(str(error).split())


def sentence(error: BaseException) -> str:
    """Return an error as one line that says what it is."""
    text = one_line(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
