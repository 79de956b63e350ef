from penstock.wire import leftovers


def test_only_what_asks_for_something_is_left_over():
    """G15: null, false, zero and empty ask for nothing."""
    body = {"known": 1, "a": None, "b": False, "c": 0, "d": [], "e": 0.5, "f": {"x": 1}}
    assert leftovers.unknown(body, {"known"}) == ["e", "f"]


def test_refused_members_are_taken_out_and_named():
    """G15: a parameter that the provider refuses is dropped, in the order of the body."""
    members = {"a": 1, "b": 2, "c": 3}
    assert leftovers.refused(members, {"c", "a", "z"}) == ("a", "c")
    assert members == {"b": 2}


def test_names_are_named_once():
    """G15: the header names each parameter once."""
    assert leftovers.unique(["a", "b"], ("b", "c")) == ("a", "b", "c")
