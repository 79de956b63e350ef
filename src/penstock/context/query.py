"""A question, issue, traceback or commit message, read for what it says about where to look."""

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from penstock.context.words import STOP, parts, term, terms, words

_LONGEST = 40_000
"""Characters that are read: the first and the last half of them."""
_MOST_TERMS = 220

_NOISE = re.compile(
    r"<!--.*?-->"
    r"|^\s*(signed-off-by|co-authored-by|reviewed-by|acked-by|change-id|reported-by|cc|pr-url|refs?):.*$"
    r"|\[[ x]\]|<(?:file|path|url|name)>"
    r"|\b(fix(es|ed)?|close[sd]?|resolve[sd]?|refs?|see|gh|issue|pr|bug)?\s*:?\s*(gh-?)?#\d+"
    r"|\(cherry picked from commit [0-9a-f]+\)|\b[0-9a-f]{12,40}\b|0x[0-9a-f]{6,}",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_HEADINGS = re.compile(
    r"^\W*(steps to reproduce|how to reproduce|to reproduce|reproduction|"
    r"expected (behaviou?r|results?|outcome)|"
    r"(actual|observed|current) (behaviou?r|results?|outcome)|environment|system info(rmation)?|versions?|"
    r"search before asking|what happened|how to reproduce|are you willing to work on.*|code of conduct|"
    r"additional (context|information)|checklist|description|summary|bug report|describe the (bug|issue)|"
    r"minimal example|screenshots?|configuration|dialect|code sample.*|problem description)\W*$",
    re.IGNORECASE | re.MULTILINE,
)
_URL = re.compile(r"https?://[^\s)>\]]+")
_SOURCE_URL = re.compile(r"/(?:blob|tree|raw)/[^/]+/([^\s)>\]#?]+)(?:#L(\d+))?")
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)(?:, in (\S+))?')
_OTHER_FRAME = re.compile(r"(?:^|[\s(])((?:[\w@.+-]+/)*[\w@+-]+\.[A-Za-z]{1,5}):(\d+)(?::\d+)?", re.MULTILINE)
_PATH = re.compile(r"(?<![\w/.])((?:[\w@.+-]+/)+[\w@.+-]+|[\w-]+\.[A-Za-z]{1,5})(?![\w/])")
_DOTTED = re.compile(r"(?<![\w./])((?:[A-Za-z_]\w*(?:\.|::|#)){1,6}[A-Za-z_]\w*)")
_CODE_SPAN = re.compile(r"`{1,2}([^`\n]{1,200})`{1,2}")
_CODE_BLOCK = re.compile(r"^( {0,3})(```+|~~~+)[^\n]*\n(.*?)(?:^\s*\2|\Z)", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"\b([A-Za-z_]\w+)\(\)?")
_SHAPED = re.compile(r"\b(\w*[a-z0-9]+[A-Z]\w*|[A-Za-z]+\w*_\w+|_\w{2,})\b")
_SCOPE = re.compile(r"\s*(?:\[([^\]\n]{2,40})\]|\w+\(([^)\n]{2,40})\)!?:|([\w./, -]{2,40}):)\s")
_TYPES = frozenset(
    {"fix", "feat", "bug", "bugfix", "chore", "refactor", "perf", "style", "ci", "build", "revert", "issue"}
)
_SPACED = re.compile(r"[^\w]+")
_QUOTED = re.compile(r"\"([^\"\n]{6,120})\"|'([^'\n]{6,120})'|`([^`\n]{6,120})`")
_ERROR = re.compile(r"^\s*(?:[\w.]*(?:Error|Exception|Warning|panic)\b)[: ]+(.{4,200})$", re.MULTILINE)
_TESTS = re.compile(
    r"\b(flaky|test suite|unit tests?|failing tests?|broken tests?|tests? (fail|pass|cover)|the tests?)\b",
    re.IGNORECASE,
)


class Frame(msgspec.Struct, frozen=True):
    """One line of a traceback."""

    path: str
    line: int
    symbol: str


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What a text says."""

    text: str
    """Without what says nothing: boilerplate, addresses, numbers of issues."""
    title: str
    terms: dict[int, float]
    """Term -> weight: how often it is said, damped; rare ones weigh more only later, by their rarity."""
    title_terms: dict[int, float]
    scope: tuple[int, ...]
    """Terms of what the title puts before a colon: `ignore/types: ...`, `fix(binding): ...`, `[cli] ...`."""
    spelled: dict[int, str]
    """Term -> a word of the text that it stands for."""
    identifiers: tuple[str, ...]
    """Names that look like code or stand in code marks."""
    modules: tuple[str, ...]
    """Dotted names."""
    paths: tuple[str, ...]
    frames: tuple[Frame, ...]
    """Innermost last."""
    phrases: tuple[str, ...]
    """Quoted and error messages."""
    asks_tests: bool


def read(text: str) -> Query:
    """Read a text of any size."""
    if len(text) > _LONGEST:
        text = text[: _LONGEST // 2] + "\n" + text[-_LONGEST // 2 :]
    addressed = tuple(match[1] for match in _SOURCE_URL.finditer(text))
    frames = _frames(text)
    phrases = _phrases(text)
    clean = _HEADINGS.sub(" ", _NOISE.sub(" ", _URL.sub(" ", text))).strip()
    title = clean.partition("\n")[0][:300]
    spans = [match[1] for match in _CODE_SPAN.finditer(clean)]
    blocks = [match[3] for match in _CODE_BLOCK.finditer(clean)]
    prose = _CODE_BLOCK.sub(" ", clean)
    return Query(
        text=clean,
        title=title,
        terms=_weigh(prose, "\n".join(blocks), "\n".join(spans)),
        title_terms=_weigh(title, "", ""),
        scope=_scope(title),
        spelled=_spelled(clean),
        identifiers=_identifiers(clean, spans),
        modules=tuple(dict.fromkeys(match[1] for match in _DOTTED.finditer(clean))),
        paths=tuple(dict.fromkeys([*addressed, *(match[1] for match in _PATH.finditer(clean))])),
        frames=frames,
        phrases=phrases,
        asks_tests=bool(_TESTS.search(title)) or title.lower().startswith(("test", "tests")),
    )


def _frames(text: str) -> tuple[Frame, ...]:
    found = [Frame(match[1], int(match[2]), match[3] or "") for match in _FRAME.finditer(text)]
    found += [
        Frame(match[1], int(match[2]), "") for match in _OTHER_FRAME.finditer(text) if '"' not in match[0]
    ]
    return tuple(found[-60:])


def _phrases(text: str) -> tuple[str, ...]:
    quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]
    errors = [match[1] for match in _ERROR.finditer(text)]
    return tuple(dict.fromkeys(it for it in [*errors, *quoted] if len(words(it)) > 1))[:20]


def _scope(title: str) -> tuple[int, ...]:
    found = _SCOPE.match(title)
    named = " ".join(filter(None, found.groups())) if found else ""
    return tuple({it for word in words(named) if word.lower() not in _TYPES for it in terms(word)})


def _spelled(text: str) -> dict[int, str]:
    """The last spelling of each term, a plain word before a part of a longer one."""
    found = words(text)
    longer = {it: word for word in found for it in terms(word)}
    return longer | {term(parts(word)[0]): word for word in found if len(parts(word)) == 1}


def _weigh(prose: str, blocks: str, spans: str) -> dict[int, float]:
    """Terms of the text: words in code marks count twice, those of long code blocks half."""
    heard: dict[int, float] = {}
    for text, weight in ((prose, 1.0), (spans, 1.0), (blocks, 0.5)):
        for word in words(text):
            if word.lower() in STOP:
                continue
            for found in terms(word):
                heard[found] = heard.get(found, 0.0) + weight
    heard |= {pair: 0.7 for pair in _pairs(prose) if pair not in heard}
    damped = {found: number**0.5 for found, number in heard.items()}
    return dict(sorted(damped.items(), key=lambda it: -it[1])[:_MOST_TERMS])


def _pairs(text: str) -> set[int]:
    """Neighbouring words as the identifier that they may be: `status code` is `status_code`."""
    found = set()
    for one, other in pairwise(_SPACED.split(text)):
        if one.lower() not in STOP and other.lower() not in STOP:
            joined = (*parts(one), *parts(other))
            if len(joined) == 2:
                found.add(term("+".join(joined)))
    return found


def _identifiers(text: str, spans: Sequence[str]) -> tuple[str, ...]:
    marked = [word for span in spans for word in words(span) if len(span) < 80]
    called = [match[1] for match in _CALL.finditer(text)]
    shaped = [match[1] for match in _SHAPED.finditer(text)]
    found = dict.fromkeys([*marked, *called, *shaped])
    return tuple(word for word in found if len(word) > 2 and word.lower() not in STOP)[:80]
