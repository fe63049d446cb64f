"""What is not allowed: the status and the sentence that the client gets."""

_FAILED = 500


class Refused(Exception):
    """A request or a response that is not allowed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def failed(name: str, reason: str) -> Refused:
    """Return the refusal of an authorizer that gave no answer, as Docker words it."""
    return Refused(_FAILED, f"plugin {name} failed with error: {reason}")
