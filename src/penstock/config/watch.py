"""Notices that the configuration changed, and reads it again; a bad one never replaces a good one."""

from pathlib import Path

from penstock.config.load import Loaded, read
from penstock.config.mistakes import ConfigInvalid

Stamp = tuple[int, int, int] | None


class Watcher:
    """Compares the files that a configuration was made of. Needs nothing but `stat`."""

    def __init__(self, loaded: Loaded) -> None:
        self._good = loaded
        self._seen = _stamps(loaded)

    def poll(self) -> Loaded | ConfigInvalid | None:
        """Return the new configuration, or what is wrong with it (once), or None if nothing changed.

        To be called about every second; reads a few files when something changed.
        """
        stamps = _stamps(self._good)
        if stamps == self._seen:
            return None
        self._seen = stamps
        try:
            loaded = read(self._good.source)
        except ConfigInvalid as invalid:
            return invalid
        self._good, self._seen = loaded, _stamps(loaded)
        return loaded


def _stamps(loaded: Loaded) -> dict[Path, Stamp]:
    return {file: _stamp(file) for file in loaded.files}


def _stamp(file: Path) -> Stamp:
    """Time, size and identity: a file that is replaced within one tick of the clock is seen too."""
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino
