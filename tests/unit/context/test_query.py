"""A text is read for what it says about where to look."""

import pytest

from penstock.context.query import Frame, read
from penstock.context.words import STOP, stem, term, whole

ISSUE = """Session cookie is not signed (fixes #12)

<!-- please search first -->
### Steps to reproduce

Call `Session.sign_cookie()` in `src/app/sessions.py`, see https://example.org/blob/main/lib/signer.py#L10

```python
app.run()
```

Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/app/main.py", line 3, in run
    go()
  File "/usr/lib/python3/site-packages/app/sessions.py", line 40, in sign
    raise ValueError("the key must not be empty")
ValueError: the key must not be empty

Signed-off-by: A <a@example.org>
"""


def test_boilerplate_says_nothing():
    """Comments, template headings, trailers, addresses and numbers of issues are not searched for."""
    found = read(ISSUE)
    for noise in ("please", "Steps", "example.org", "#12", "Signed"):
        assert noise not in found.text
    assert found.title == "Session cookie is not signed ( )"


def test_tracebacks_give_frames_innermost_last():
    """Files, lines and functions of a traceback are known."""
    found = read(ISSUE)
    assert found.frames[-1] == Frame("/usr/lib/python3/site-packages/app/sessions.py", 40, "sign")


def test_frames_of_other_languages():
    """`path:line` is a frame as well."""
    found = read("panic: oops\n\tmain.go:12 +0x1d\n  at run (lib/router.js:5:3)\n")
    assert [(it.path, it.line) for it in found.frames] == [("main.go", 12), ("lib/router.js", 5)]


def test_paths_are_known_also_from_links_to_source():
    """A link to a file on a forge names the file."""
    assert {"src/app/sessions.py", "lib/signer.py"} <= set(read(ISSUE).paths)


def test_names_in_code_marks_and_dotted_names():
    """Back-ticked, called, snake and camel case names are identifiers; dotted ones modules."""
    found = read("Use `Session.sign_cookie()` or getValue or a.b.c, not plain words")
    assert {"sign_cookie", "getValue"} <= set(found.identifiers)
    assert "plain" not in found.identifiers
    assert {"Session.sign_cookie", "a.b.c"} <= set(found.modules)


def test_common_words_are_no_terms():
    """Only what tells files apart is searched for."""
    found = read("When the cookie is not there")
    assert term("cooki") in found.terms
    assert not any(term(word) in found.terms for word in STOP)


def test_two_words_may_be_one_identifier():
    """`status code` is looked for as `status_code` too."""
    assert whole("status_code") in read("wrong status code returned").terms


def test_repeated_words_are_damped_and_long_code_counts_half():
    """Ten times the word is not ten times the weight."""
    found = read("walrus " * 9 + "\n```\npenguin\n```\n")
    assert found.terms[term("walrus")] == 3
    assert found.terms[term("penguin")] == 0.5**0.5


def test_a_text_of_any_size_is_read():
    """Of a huge text the beginning and the end are read, and the terms are bounded."""
    found = read("first\n" + "".join(f"word{n} " for n in range(200_000)) + "\nlast")
    assert len(found.text) < 41_000
    assert len(found.terms) <= 220
    assert found.title == "first"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("ignore/types: add a test", {"ignore", "types"}),
        ("fix(binding): expose it", {"binding"}),
        ("[cli] say more", {"cli"}),
        ("fix: say more", set()),
        ("Plain title", set()),
    ],
)
def test_the_scope_of_a_title(title, expected):
    """What stands before a colon, in brackets or braces, names a part of the repository."""
    assert set(read(title).scope) == {term(stem(it)) for it in expected}


def test_nothing_is_a_question_too():
    """Empty text is read as nothing."""
    assert read("").terms == {}
