import pytest

from penstock.domain.chat import Media
from penstock.wire import media


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.test/a.png", Media(kind="image", url="https://x.test/a.png")),
        ("data:image/jpeg;base64,QUJD", Media(kind="image", data="QUJD", media_type="image/jpeg")),
        ("data:image/png;name=a;base64,QUJD", Media(kind="image", data="QUJD", media_type="image/png")),
        ("data:;base64,QUJD", Media(kind="image", data="QUJD")),
        ("data:text/plain,abc", Media(kind="image", url="data:text/plain,abc")),
    ],
)
def test_data_urls_are_opened(url, expected):
    """G18: inline data is data, an address stays one."""
    assert media.from_url("image", url) == expected


@pytest.mark.parametrize(
    ("part", "url"),
    [
        (Media(kind="image", data="QUJD"), "data:image/png;base64,QUJD"),
        (Media(kind="file", data="QUJD"), "data:application/pdf;base64,QUJD"),
        (Media(kind="image", url="https://x.test/a"), "https://x.test/a"),
        (Media(kind="file", file_id="f"), ""),
    ],
)
def test_media_are_written_as_an_address(part, url):
    """G18: OpenAI wants inline data as a data URL."""
    assert media.to_url(part) == url


@pytest.mark.parametrize("form", ["mp3", "wav"])
def test_sounds_keep_their_format(form):
    """G18: OpenAI names two formats."""
    assert media.audio_format(media.audio("QUJD", form)) == form
