"""Models that routes learned: one file of numbers for each route, in the data folder."""

import json
import os
import re
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64] | NDArray[np.float32] | NDArray[np.uint64]

FOLDER: Final = "routes"
ROUTE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
"""What a route may be called, since its name becomes that of a file."""
_ABOUT: Final = "about"


class RouteModelUnusable(Exception):
    """The file of a route is damaged, or is something else."""


class Kept(NamedTuple):
    """What is kept of a route's model."""

    arrays: Mapping[str, Numbers]
    about: Mapping[str, object]
    """JSON: how it was made."""


def file_of(data: Path, route: str) -> Path:
    """Return where a route's model is kept. Raises ValueError for a name that can be no file's."""
    if not ROUTE.fullmatch(route):
        raise ValueError(f"a route cannot be called {route!r}")
    return data / FOLDER / f"{route}.npz"


def save(file: Path, kept: Kept) -> None:
    """Write a model, whole or not at all; one that is there is replaced. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    about = np.frombuffer(json.dumps(kept.about).encode(), np.uint8)
    try:
        with draft.open("xb") as opened:
            np.savez_compressed(opened, allow_pickle=False, **{**kept.arrays, _ABOUT: about})
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def load(file: Path) -> Kept | None:
    """Read a model; None when there is none. Raises RouteModelUnusable, OSError."""
    try:
        with file.open("rb") as handle, np.load(handle, allow_pickle=False) as opened:
            arrays = {name: opened[name] for name in opened.files}
        about = json.loads(arrays.pop(_ABOUT).tobytes())
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise RouteModelUnusable(f"{file} holds no model of a route: {error}") from None
    if not isinstance(about, dict):
        raise RouteModelUnusable(f"{file} holds no model of a route")
    return Kept(arrays, about)
