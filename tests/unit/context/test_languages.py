"""What a path tells."""

import pytest

from penstock.context.languages import language_of, role_of


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b.py", "python"),
        ("x.TSX", "tsx"),
        ("inc/a.h", "cpp"),
        ("README.md", "markdown"),
        ("Makefile", "text"),
    ],
)
def test_language(path, expected):
    """The suffix decides; what is not known is text."""
    assert language_of(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/app.py", "source"),
        ("tests/test_app.py", "test"),
        ("pkg/app_test.go", "test"),
        ("src/__tests__/a.js", "test"),
        ("web/a.spec.ts", "test"),
        ("src/test/java/FooTest.java", "test"),
        ("examples/demo.py", "example"),
        ("docs/index.rst", "document"),
        ("CHANGELOG.md", "document"),
        ("vendor/x/y.go", "vendored"),
        ("app/packages/lib/a.py", "vendored"),
        ("packages/core/index.js", "source"),
        ("scripts/release.py", "script"),
        ("setup.py", "script"),
        ("data/table.csv", "other"),
    ],
)
def test_role(path, expected):
    """Folders and names say what a file is for."""
    assert role_of(path) == expected


def test_a_test_folder_inside_a_package_is_source_where_tests_are_apart():
    """`django/test/client.py` is what tests are made with, not a test."""
    assert role_of("pkg/test/client.py", tests_apart=True) == "source"
    assert role_of("pkg/test/client.py") == "test"
