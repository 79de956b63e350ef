import pytest

from penstock.wire import custom_tools


def test_custom_tools_are_found_in_both_forms():
    """G18: Responses names a tool at the top, chat completions one level down."""
    body = b"""{"tools":[{"type":"custom","name":"a"},{"type":"custom","custom":{"name":"b"}},
        {"type":"custom"},{"type":"function","name":"c"}]}"""
    assert custom_tools.declared(body) == {"a", "b"}


@pytest.mark.parametrize("body", [b"{}", b'{"x":"custom"}'])
def test_a_request_without_tools_has_none(body):
    """G18: nothing is declared, nothing is unwrapped."""
    assert custom_tools.declared(body) == frozenset()


def test_text_is_wrapped_and_comes_out_again():
    """G18: free text is the one argument of a function."""
    assert custom_tools.unwrapped(custom_tools.wrapped('a "b"\n')) == 'a "b"\n'


@pytest.mark.parametrize("arguments", ["text", '{"other":1}', '{"input":"a","b":1}'])
def test_other_arguments_are_handed_on(arguments):
    """G18: what is not wrapped is not changed."""
    assert custom_tools.unwrapped(arguments) == arguments
