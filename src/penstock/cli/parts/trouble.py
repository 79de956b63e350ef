"""What goes wrong in a command, as one clear line on stderr, a hint and an exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


class Trouble(Exception):
    """Ends a command. `hint` is what to do about it; `code` 2 means configuration or usage."""

    def __init__(self, message: str, hint: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


@contextmanager
def explained() -> Iterator[None]:
    """Turn what commands raise into lines on stderr and an exit code."""
    try:
        yield
    except Trouble as trouble:
        _leave(trouble.message, trouble.hint, trouble.code)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away: nothing to tell, and no trace from the interpreter
        sys.exit(1)
    except OSError as error:
        _leave(f"{error.filename}: {error.strerror}" if error.filename else str(error), "", 1)


def _leave(message: str, hint: str, code: int) -> NoReturn:
    print(f"penstock: {message}", file=sys.stderr)
    if hint:
        print(f"  {hint}", file=sys.stderr)
    sys.exit(code)
