"""A route's model is one file, whole or not there."""

import io

import numpy as np
import pytest

from penstock.storage import route_models
from penstock.storage.route_models import Kept, RouteModelUnusable, file_of, load, save

KEPT = Kept({"weights": np.arange(3.0)}, {"rows": 3})


def test_what_was_saved_is_loaded(tmp_path):
    """Numbers and how they were made; a later one takes the place of an earlier one."""
    file = file_of(tmp_path, "auto")
    save(file, Kept({"weights": np.zeros(9)}, {}))
    save(file, KEPT)
    found = load(file)
    assert found is not None
    assert found.arrays["weights"].tolist() == [0.0, 1.0, 2.0]
    assert found.about == {"rows": 3}
    assert [it.name for it in file.parent.iterdir()] == ["auto.npz"]


def test_a_route_without_a_model_has_none(tmp_path):
    """That is no error."""
    assert load(file_of(tmp_path, "auto")) is None


@pytest.mark.parametrize("route", ["", "..", "../x", "a/b", ".hidden", "a\n", "x" * 101])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, route):
    """A route's name becomes that of a file in one folder."""
    with pytest.raises(ValueError, match="cannot be called"):
        file_of(tmp_path, route)


def npz(**arrays):
    written = io.BytesIO()
    np.savez(written, **arrays)
    return written.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing of this kind",
        b"PK\x03\x04 cut off",
        npz(weights=np.zeros(2)),
        npz(about=np.frombuffer(b"[1]", np.uint8)),
        npz(about=np.frombuffer(b"{", np.uint8)),
        npz(about=np.array([{}], object)),
    ],
)
def test_a_damaged_file_is_said_to_be_one(tmp_path, content):
    """Empty, foreign, cut off, without its description, or with objects that would be run."""
    file = tmp_path / "auto.npz"
    file.write_bytes(content)
    with pytest.raises(RouteModelUnusable, match=r"auto\.npz holds no model"):
        load(file)


def test_a_write_that_fails_leaves_the_old_model(tmp_path, monkeypatch):
    """And nothing half-written beside it."""
    file = file_of(tmp_path, "auto")
    save(file, KEPT)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(route_models.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(file, Kept({"weights": np.zeros(9)}, {}))
    found = load(file)
    assert found is not None
    assert found.about == {"rows": 3}
    assert [it.name for it in file.parent.iterdir()] == ["auto.npz"]
