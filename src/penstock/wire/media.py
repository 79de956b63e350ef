"""Images, sounds and documents: inline as base64 or by address, between the dialects' forms."""

import re
from typing import Final, Literal

from penstock.domain.chat import Media

_DATA_URL: Final = re.compile(r"data:([^;,]*)(?:;[^;,]*)*?;base64,", re.IGNORECASE)
_FALLBACK: Final = {"image": "image/png", "audio": "audio/wav", "file": "application/pdf"}


def from_url(
    kind: Literal["image", "audio", "file"],
    url: str,
    *,
    filename: str | None = None,
    detail: str | None = None,
) -> Media:
    """Read an address, or the data inside a data URL."""
    inline = _DATA_URL.match(url)
    if inline is None:
        return Media(kind=kind, url=url, filename=filename, detail=detail)
    return Media(
        kind=kind,
        data=url[inline.end() :],
        media_type=inline.group(1) or None,
        filename=filename,
        detail=detail,
    )


def media_type(media: Media) -> str:
    """Return the type of inline data; where nobody said, the most common of its kind."""
    return media.media_type or _FALLBACK[media.kind]


def to_url(media: Media) -> str:
    """Return an address for it: its own, or a data URL; "" for an uploaded file."""
    if media.data is None:
        return media.url or ""
    return f"data:{media_type(media)};base64,{media.data}"


def audio_format(media: Media) -> str:
    """Return OpenAI's name for a sound's format: wav or mp3."""
    return "mp3" if media_type(media) in ("audio/mp3", "audio/mpeg") else "wav"


def audio(data: str, form: str) -> Media:
    """Read OpenAI's inline sound."""
    return Media(kind="audio", data=data, media_type="audio/mpeg" if form == "mp3" else f"audio/{form}")
