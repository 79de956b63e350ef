"""Secrets as they are written in a configuration: `env:NAME`, `file:/path` or literal."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from penstock.config.mistakes import nearest
from penstock.domain.secret import Secret

MOUNTS: Final = (Path("/run/secrets"), Path("/var/run/secrets"))
"""Where orchestrators put secrets that everyone in the container may read."""


class SecretMissing(Exception):
    """The secret cannot be had; `message` says why, `hint` how to mend it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def resolve_secret(text: str, env: Mapping[str, str], folder: Path) -> tuple[Secret, Path | None]:
    """Return the secret and the file that it came from, if any; relative paths start in `folder`.

    Raises SecretMissing.
    """
    scheme, colon, rest = text.partition(":")
    if colon and scheme == "env":
        return Secret(_from_environment(rest, env)), None
    if colon and scheme == "file":
        path = folder / Path(rest).expanduser()
        return Secret(_from_file(path)), path
    if not text:
        raise SecretMissing("a secret is empty", "write env:NAME or file:/path")
    return Secret(text), None


def _from_environment(name: str, env: Mapping[str, str]) -> str:
    if env.get(name):
        return env[name]
    state = "empty" if name in env else "not set"
    close = nearest(name, env)
    hint = close if close.startswith("did") and state == "not set" else f"export {name}=..."
    raise SecretMissing(f"the environment variable {name} is {state}", hint)


def _from_file(path: Path) -> str:
    try:
        mode = path.stat()
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SecretMissing(f"the secret file {path} cannot be read: {reason}") from None
    mounted = any(path.is_relative_to(mount) for mount in MOUNTS)
    shared = stat.S_IMODE(mode.st_mode) & 0o077
    if shared and mode.st_uid == os.geteuid() and not mounted:
        message = f"the secret file {path} can be read by others (mode {stat.S_IMODE(mode.st_mode):o})"
        raise SecretMissing(message, f"chmod 600 {path}")
    if not secret:
        raise SecretMissing(f"the secret file {path} is empty")
    return secret
