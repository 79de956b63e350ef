"""The data folder: where it is, and the secrets in it that are made at the first start."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from penstock.domain.keys import ADMIN_ID, make_key, make_pepper
from penstock.domain.secret import Secret

ADMIN_KEY: Final = "admin.key"
PEPPER: Final = "secret.key"
MODE: Final = 0o700


def environment() -> Mapping[str, str]:
    """Return a copy of the process's environment: read once, and handed on as a value."""
    return dict(os.environ)  # noqa: TID251 - this is the one place


def data_folder(chosen: Path | None, env: Mapping[str, str]) -> Path:
    """Return the folder asked for, $PENSTOCK_DATA, or `penstock` in the user's data folder (XDG)."""
    if chosen is not None:
        return chosen
    if env.get("PENSTOCK_DATA"):
        return Path(env["PENSTOCK_DATA"]).expanduser()
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    share = Path(env["XDG_DATA_HOME"]) if env.get("XDG_DATA_HOME") else home / ".local" / "share"
    return share / "penstock"


def prepare(folder: Path) -> None:
    """Make the folder, for nobody else to read. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=MODE)
        folder.chmod(MODE)  # the umask may have taken more away, never less


def pepper(folder: Path) -> bytes:
    """Return the server's secret under which keys are hashed; made if it is not there. Raises OSError."""
    return bytes.fromhex(_kept(folder / PEPPER, lambda: make_pepper().hex()))


def admin_key(folder: Path, env: Mapping[str, str]) -> Secret:
    """Return $PENSTOCK_ADMIN_KEY, or the key in the folder; made if it is not there. Raises OSError."""
    return Secret(env.get("PENSTOCK_ADMIN_KEY") or _kept(folder / ADMIN_KEY, lambda: make_key(ADMIN_ID)))


def _kept(file: Path, make: Callable[[], str]) -> str:
    """Return a file's text; if there is none, write it. Of several processes, one wins and all read its."""
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(make() + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first: its secret counts
    finally:
        draft.unlink()
    return file.read_text(encoding="ascii").strip()
