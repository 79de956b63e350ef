"""Times as people write them: 5, `5s`, `500ms`, `1m`, `1h`."""

import re
from typing import Final

_FORM: Final = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|m|h)?")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def seconds(written: float | str) -> float:
    """Return the seconds. Raises ValueError for what is no time."""
    if not isinstance(written, str):
        return float(written)
    form = _FORM.fullmatch(written.strip())
    if form is None:
        message = f"`{written}` is no time; write seconds, or 500ms, 5s, 1m"
        raise ValueError(message)
    return float(form[1]) * _UNITS[form[2]]
