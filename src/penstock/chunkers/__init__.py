"""Plug-ins that cut files: each file with `LANGUAGES` and `open(options)` is one."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from penstock.protocols import Chunker


class Chunkers(Mapping[str, Chunker]):
    """Language -> its chunker; the plug-ins are imported when the first one is asked for."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self._open: dict[str, Chunker] = {}

    def __getitem__(self, language: str) -> Chunker:
        return self._loaded()[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())

    def _loaded(self) -> Mapping[str, Chunker]:
        if not self._open:
            for found in pkgutil.iter_modules(__path__):
                module = importlib.import_module(f"{__name__}.{found.name}")
                if hasattr(module, "open"):
                    chunker = module.open(module.Options())
                    self._open |= dict.fromkeys(module.LANGUAGES, chunker)
        return self._open
