"""A request's text as tokens: rephrasings undone, words without their endings, literals as they are."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

from penstock.gateway.lexicon import EMPTY, LEAVING_OUT, NEGATIVE, NUMBERS, ROLES, SAME, UNITS, UNSTEMMED

STRAIGHT: Final = str.maketrans(
    {0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'", 0xB4: "'", 0x2013: "-", 0x2014: "-"}
)
_QUOTED: Final = re.compile(
    r"""(?<!\w)(?:"{1,2}([^"]{1,200}?)"{1,2}|'{1,2}([^']{1,200}?)'{1,2}|`([^`']{1,200})['`])(?!\w)"""
)
_SAID: Final = (
    (r"^\W*A (?=\w)", "any "),
    (r"^\W*May (?=\w)", "can "),
    (r"\b(what|how|where|who|when|that|it|there|here)'s\b", r"\1 is"),
    (r"\bcan't\b|\bcannot\b", "can not"),
    (r"\bwon't\b", "will not"),
    (r"n't\b", " not"),
    (r"\bi'm\b", "i am"),
    (r"\b(you|we|they)'re\b", r"\1 are"),
    (
        r"^\W*(please )?(can|could|would) (you|anyone|someone) (please )?(tell me|explain( to me)?) ",
        "",
    ),
    (r"^\W*(please tell me|i want to know|i would like to know|does anyone know|do you know) ", ""),
    (r"\bin order to\b", "to"),
    (r"\bas well as\b", "and"),
    (
        (
            r"\b(what|which)( is| are| would be| could be)? (the |some |a |any |your )*"
            r"((best|good|great|effective|possible|ideal|proper|right|most effective) )*"
            r"(ways?|methods?|tips|steps|approach(es)?|procedure)( i can| you can)? "
            r"(to|of|for|on|in which i can|in which you can) "
        ),
        "how do one ",
    ),
    (
        r"\bhow (?:do|can|could|should|would|might|must|does) (i|you|we|one|people|someone)\b",
        r"how do \1",
    ),
    (r"\bhow to\b", "how do one"),
    (r"\bwhat (is|are) the (main |possible )?reasons? (for|that|why|behind)\b", "why do"),
    (r"\bwhat causes\b|\bwhat is the cause of\b", "why do"),
    (r"\bhow (do|would|can) (you|one|we|i) define\b|\bwhat is meant by\b", "what is the definition of"),
    (r",? and why\s*\?*\s*$", "?"),
    (r"\b(will|would) be (the )?best\b", "is best"),
    (r"\bis there (a |any )?(good |best |easy )?way (to|that i can|i can|for me to)\b", "how do one"),
    (r"\bwhat (should|can|could|must) (i|you|we|one) do (in order )?to\b", "how do one"),
    (
        r"\b(is it possible( for (me|you|one|someone))? to|am i able to|is there a possibility to)\b",
        "can i",
    ),
    (r"\b(search|look|looking|searching) for\b", "find"),
    (r"\bfind out\b", "find"),
    (r"\bget rid of\b", "remove"),
    (r"\bweb ?site", "website"),
    (r"\b(e-mail|e mail)", "email"),
    (r"\bset(ting)? ?up\b", "setup"),
    (r"\blog ?in\b", "login"),
    (r"\bsign ?in\b", "login"),
    (r"\b(make|making|earn|earning) money\b", "earn money"),
    (r"\boperating system(s?)\b", "os"),
    (r"\bartificial intelligence\b", "ai"),
    (r"\b(united states of america|united states|U\.S\.A\.?|U\.S\.)(?=\W|$)", "usa"),
    (r"\b(entire |whole )?file ?systems?\b", "filesystem"),
    (r"\bstandard (input|output|error)\b", r"std\1"),
    (r"\b(with|by|having|has|have) (the )?names? ", "named "),
    (r"\bwhose names? (is|are) ", "named "),
    (r"\bwhose names? (?=begin|start|end|contain|match)", ""),
    (
        r"\band (below|its sub-?directories|all its sub-?directories|sub-?folders|sub-?directories)\b",
        "recursively",
    ),
    (r"\bdirectory tree\b", "directory recursively"),
    (r"\bsub[- ](folder|director)", r"sub\1"),
    (r"\bc programming language\b|\bc language\b", "c programming"),
    (r"\b(python|java|javascript|php|ruby) (programming language|programming|language)\b", r"\1"),
    (r"\bdonald trump\b", "trump"),
    (r"\b(over|above)(?= \$?\d)", "more than"),
    (r"\b(under|below)(?= \$?\d)", "less than"),
    (r"\bgoing to\b", "will"),
)
"""Pattern -> what is read instead, one after the other."""
_FRAMES: Final = tuple((re.compile(pattern, re.IGNORECASE), instead) for pattern, instead in _SAID)
_NUMBER: Final = re.compile(r"^([-+]?)[$₹€£]?(\d[\d,]*(?:\.\d+)?)(%|[a-z]*)$", re.IGNORECASE)
_VERSION: Final = re.compile(r"^v?\d+(\.\d+){1,}[\w.-]*$", re.IGNORECASE)
_FLAG: Final = re.compile(r"^--?[A-Za-z][\w-]*(=.*)?$")
ENDING: Final = re.compile(r"^\*?\.(\w{1,5})$|^\*\.(\w{1,5})$")
_WORD: Final = re.compile(r"^[^\W\d_]+$")
_FILENAME: Final = re.compile(r"^[\w-]+(\.[a-z][a-z0-9]{0,4})+$")
_RUN_ON: Final = re.compile(r"^[^\W\d_]+[',.!?:;)(]+[^\W\d_]+$")
_OPERATOR: Final = re.compile(r"^[-+*/=<>&|^%~]+$")
_CURRENCY: Final = {"$": "usd", "₹": "inr", "€": "eur", "£": "gbp"}


class Token(msgspec.Struct, frozen=True):
    surface: str
    kind: str
    key: str
    quoted: bool = False


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Drop the endings of plurals and verbs, so that `handles`, `handled`, `handling` are one."""
    if len(word) < 4 or word in UNSTEMMED or not word.isascii():
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word not in UNSTEMMED and word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@lru_cache(maxsize=50_000)
def same(word: str) -> str:
    """Return the word that stands for all that say the same, endings dropped."""
    root = stem(word)
    return SAME.get(word) or SAME.get(root) or root


_SILENT: Final = EMPTY | {stem(word) for word in EMPTY} | NEGATIVE | LEAVING_OUT


def framed(text: str) -> str:
    """Undo contractions, and say common ways of asking in one way."""
    for pattern, instead in _FRAMES:
        text = pattern.sub(instead, text)
    return text


def tokens_of(text: str) -> Iterator[Token]:
    """Split at blanks; what stands in quotes keeps its empty words."""
    place = 0
    for match in _QUOTED.finditer(text):
        yield from _plain_tokens(text[place : match.start()])
        inside = next(group for group in match.groups() if group is not None)
        for token in _plain_tokens(inside):
            yield msgspec.structs.replace(token, quoted=True)
        place = match.end()
    yield from _plain_tokens(text[place:])


def _plain_tokens(text: str) -> Iterator[Token]:
    pieces = text.split()
    for number, piece in enumerate(pieces):
        letter = piece.strip("()[]{},;.?!")
        if len(letter) == 1 and letter.isalpha() and _is_variable(pieces, number):
            yield from _negating(piece)
            yield Token(piece, "identifier", letter)
        else:
            yield from _piece(piece)


def _is_variable(pieces: list[str], number: int) -> bool:
    """Whether a letter stands where an article or a pronoun cannot: by an operator, a role, or at the end."""
    if pieces[number].strip("?.!,") == "I":
        return False
    around = pieces[max(0, number - 1) : number] + pieces[number + 1 : number + 2]
    after = pieces[number + 1].strip("()[]{},;.?!").lower() if number + 1 < len(pieces) else ""
    return len(after) < 2 or after in ROLES or after in {"and", "or"} or any(map(_OPERATOR.match, around))


def _negating(piece: str) -> Iterator[Token]:
    if re.match(r"^\W*!\W*\w|^\d+!$", piece):
        yield Token(piece, "symbol", "!")


def _piece(piece: str) -> Iterator[Token]:
    bare = piece.strip("\"',;:!?()[]{}").rstrip(".") if not _FLAG.match(piece) else piece
    if not bare or not re.search(r"\w", bare):
        symbol = piece.strip("\"',.;?-•:").rstrip("!")
        if symbol:
            yield Token(piece, "symbol", symbol)
        return
    yield from _negating(piece)
    bare = bare.removesuffix("'s")
    parts = re.split(r"[/-]", bare) if re.fullmatch(r"[^\W\d_]{2,}([/-][^\W\d_]{2,})+", bare) else (bare,)
    for part in parts:
        yield from _classified(part)


def _classified(part: str) -> Iterator[Token]:
    low = part.lower()
    if _WORD.match(part):
        yield from _word(part, low)
    elif match := _NUMBER.match(part):
        yield from _number(part, match)
    elif _VERSION.match(part):
        yield Token(part, "version", low.removeprefix("v"))
    elif _FLAG.match(part):
        yield Token(part, "flag", part)
    elif match := ENDING.match(part):
        yield Token(part, "identifier", same((match[1] or match[2]).lower()))
    elif "/" in part or part.startswith("~"):
        yield Token(part, "path", part.removeprefix("./").rstrip("/") or part)
    elif _FILENAME.match(part):
        yield Token(part, "identifier", part)
    elif _RUN_ON.match(part):
        for word in re.findall(r"[^\W\d_]+", part):
            yield from _word(word, word.lower())
    else:
        yield Token(part, "identifier", part.strip(".").lower())


def _word(part: str, low: str) -> Iterator[Token]:
    if part == "US":
        yield Token(part, "word", "usa")
    elif low in EMPTY and part != "I" and (part.isupper() or part == "May"):
        yield Token(part, "identifier", part)  # vitamin A, IT, in May
    elif low in NUMBERS and low != "one":
        yield Token(part, "number", NUMBERS[low])
    elif re.search(r"[a-z][A-Z]", part) and len(part) > 3:
        yield Token(part, "identifier", low)
    else:
        key = same(low)
        yield Token(part, "unit" if key in UNITS and len(key) > 1 else "word", key)


def _number(part: str, match: re.Match[str]) -> Iterator[Token]:
    sign, digits, unit = match.groups()
    unit = unit.lower()
    value = digits.replace(",", "")
    if unit == "k" and "." not in value:
        value, unit = value + "000", ""
    ordinal = unit in {"th", "st", "nd", "rd"}
    yield Token(part, "number", sign + value + ("th" if ordinal else ""))
    for symbol in part[:2]:
        if symbol in _CURRENCY:
            yield Token(symbol, "unit", _CURRENCY[symbol])
    if unit and not ordinal:
        yield Token(unit, "unit", "percent" if unit == "%" else same(unit))


def carries(token: Token) -> bool:
    """Whether it says something that is not said elsewhere."""
    if token.quoted or token.kind != "word":
        return True
    low = token.surface.lower()
    return low not in _SILENT and token.key not in _SILENT
