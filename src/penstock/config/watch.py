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
        self._invalid: str | None = None

    def poll(self) -> Loaded | ConfigInvalid | None:
        """Return the new configuration, or what is wrong with it (once), or None if nothing changed.

        To be called about every second. It reads files only when one changed, or while the last
        reading failed: what mends it may be a file that is not known yet.
        """
        stamps = _stamps(self._good)
        if stamps == self._seen and self._invalid is None:
            return None
        self._seen = stamps
        try:
            loaded = read(self._good.source)
        except ConfigInvalid as invalid:
            known, self._invalid = self._invalid, str(invalid)
            return None if known == self._invalid else invalid
        self._good, self._invalid = loaded, None
        self._seen = {file: stamps.get(file, _stamp(file)) for file in loaded.files}
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
