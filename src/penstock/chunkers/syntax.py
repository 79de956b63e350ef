"""Source code, cut by its syntax: functions and classes, with what belongs before them."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, cast

import msgspec
from tree_sitter import Language, Node, Parser, Query, QueryCursor
from tree_sitter_language_pack import get_language

from penstock.chunkers.grammars import GRAMMARS, Grammar
from penstock.chunkers.lines import cut
from penstock.domain.document import Chunked, Count, Definition, Piece

if TYPE_CHECKING:
    from tree_sitter_language_pack import SupportedLanguage

LANGUAGES = tuple(GRAMMARS)

_NAMES = frozenset(
    [
        "identifier",
        "simple_identifier",
        "type_identifier",
        "field_identifier",
        "property_identifier",
        "constant",
        "word",
        "namespace_identifier",
        "object_reference",
        "tag_name",
        "name",
        "operator_name",
        "destructor_name",
        "selectors",
    ]
)
_JOINED = frozenset({"rule", "element", "constant"})
"""Kinds whose neighbours share a piece while they fit."""


_NEAR = 2
"""Lines between a comment and what it is about: one blank line at most."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    budget: int = 512
    """Most tokens in one piece."""


class _Unit(msgspec.Struct):
    """A definition's span, widened to what belongs to it, and those inside."""

    start: int
    end: int
    definition: Definition
    inner: list["_Unit"]


class Syntax:
    """Cuts with tree-sitter's grammars."""

    def __init__(self, options: Options) -> None:
        self._budget = options.budget

    def chunk(self, content: bytes, language: str, count: Count) -> Chunked:
        """Cut `content`; a syntax error is said in `fallback`, and what was understood is kept."""
        grammar = GRAMMARS[language]
        parser, query = _tools(language)
        root = parser.parse(content).root_node
        found = QueryCursor(query).captures(root)
        units, definitions = _nest(content, grammar, found.get("definition", []))
        pieces = _cut(content, 0, len(content), units, self._budget, count)
        known = {it.name for it in definitions if not it.parent}
        constants = [_constant(node, content) for node in found.get("constant", [])]
        definitions += [it for it in constants if it.name not in known]
        return Chunked(
            pieces=tuple(_join(content, pieces, self._budget, count)),
            definitions=tuple(sorted(definitions, key=lambda it: it.start)),
            imports=tuple(_text(node, content) for node in found.get("import", [])),
            prose=tuple(_outermost(found.get("prose", []))),
            fallback="syntax error" if root.has_error else "",
        )


@cache
def _tools(language: str) -> tuple[Parser, Query]:
    grammar = GRAMMARS[language]
    tongue = get_language(cast("SupportedLanguage", grammar.pack or language))
    lines = [f"({kind}) @definition" for kind in grammar.definitions if _knows(tongue, kind)]
    lines += [f"({kind}) @import" for kind in grammar.imports if _knows(tongue, kind)]
    lines += [f"({kind}) @prose" for kind in grammar.prose if _knows(tongue, kind)]
    return Parser(tongue), Query(tongue, "\n".join([*lines, grammar.more]))


def _knows(tongue: Language, kind: str) -> bool:
    return tongue.id_for_node_kind(kind, True) is not None  # noqa: FBT003 - positional in the binding


def _text(node: Node, content: bytes) -> str:
    return content[node.start_byte : node.end_byte].decode(errors="replace")


def _outermost(nodes: Iterable[Node]) -> Iterable[tuple[int, int]]:
    reached = 0
    for start, end in sorted((node.start_byte, node.end_byte) for node in nodes):
        if start >= reached:
            yield start, end
            reached = end


def _constant(node: Node, content: bytes) -> Definition:
    end = node.end_byte
    return Definition(_text(node, content), "constant", node.start_byte, end, end)


def _nest(content: bytes, grammar: Grammar, nodes: Sequence[Node]) -> tuple[list[_Unit], list[Definition]]:
    """Definitions as a forest by containment, and in a row."""
    roots: list[_Unit] = []
    stack: list[_Unit] = []
    row: list[Definition] = []
    for node in sorted(nodes, key=lambda it: (it.start_byte, -it.end_byte)):
        while stack and stack[-1].end <= node.start_byte:
            stack.pop()
        siblings = stack[-1].inner if stack else roots
        name = _name(node, content)
        if not name:
            continue
        low = max(siblings[-1].end if siblings else 0, stack[-1].definition.start if stack else 0)
        outer = _widened(node, grammar)
        parent = ".".join(
            filter(None, (stack[-1].definition.qualified if stack else "", _owner(node, content)))
        )
        definition = Definition(
            name, _kind(node, grammar), outer.start_byte, outer.end_byte, _body(node), parent
        )
        start = max(low, _line_start(content, _with_what_precedes(outer, grammar)))
        unit = _Unit(start, max(_line_end(content, outer.end_byte), start), definition, [])
        siblings.append(unit)
        stack.append(unit)
        row.append(definition)
    return roots, row


def _kind(node: Node, grammar: Grammar) -> str:
    return grammar.definitions.get(node.type) or grammar.patterned[node.type]


def _widened(node: Node, grammar: Grammar) -> Node:
    """The node with its decorators, its `export`, its declaration."""
    while (parent := node.parent) is not None and parent.type in grammar.wrappers:
        node = parent
    return node


def _with_what_precedes(node: Node, grammar: Grammar) -> int:
    """Where the comments and attributes that stand directly before `node` begin."""
    start, row = node.start_byte, node.start_point.row
    before = node.prev_sibling
    while before is not None and before.type in grammar.attached and before.end_point.row >= row - _NEAR:
        start, row = before.start_byte, before.start_point.row
        before = before.prev_sibling
    return start


def _line_start(content: bytes, at: int) -> int:
    """The start of the line if only blanks stand before `at`, else `at`."""
    start = content.rfind(b"\n", 0, at) + 1
    return at if content[start:at].strip() else start


def _line_end(content: bytes, at: int) -> int:
    """The end of the line if nothing but blanks and closing marks follow `at`, else `at`."""
    if at and content[at - 1 : at] == b"\n":
        return at
    newline = content.find(b"\n", at)
    end = len(content) if newline < 0 else newline + 1
    return at if content[at:end].strip(b" \t\r\n;,)") else end


def _name(node: Node, content: bytes) -> str:
    found = node.child_by_field_name("name") or node.child_by_field_name("left")
    found = found or node.child_by_field_name("key")
    if found is None and (inner := node.child_by_field_name("declarator")) is not None:
        while (deeper := inner.child_by_field_name("declarator")) is not None:
            inner = deeper
        found = inner
    if found is None and node.type == "impl_item":
        found = node.child_by_field_name("type")
    if found is None:
        found = next((it for it in node.named_children if it.type in _NAMES), None)
    if found is None and node.named_children and node.named_children[0].type == "start_tag":
        found = next((it for it in node.named_children[0].named_children if it.type in _NAMES), None)
    return " ".join(_text(found, content).split())[:120] if found is not None else ""


def _owner(node: Node, content: bytes) -> str:
    """The type that a Go method is declared on."""
    receiver = node.child_by_field_name("receiver") if node.type == "method_declaration" else None
    if receiver is None:
        return ""
    words = _text(receiver, content).strip("()").replace("*", " ").split("[")[0].split()
    return words[-1] if words else ""


def _body(node: Node) -> int:
    inside = node.child_by_field_name("body") or node.child_by_field_name("right")
    return inside.start_byte if inside is not None else node.end_byte


def _cut(
    content: bytes, start: int, end: int, units: Sequence[_Unit], budget: int, count: Count, symbol: str = ""
) -> list[Piece]:
    """Pieces of `content[start:end]`: each unit that fits is one, what is between them others."""
    pieces: list[Piece] = []
    reached = start
    for unit in units:
        opening = max(unit.start, reached)
        if opening >= unit.end:
            continue
        if content[reached:opening].strip():
            pieces += _between(content, reached, opening, budget, count, symbol)
            reached = opening
        pieces += _whole(content, reached, unit, budget, count)
        reached = unit.end
    if reached < end:
        pieces += _tail(content, reached, end, pieces, budget, count, symbol)
    return pieces


def _between(content: bytes, start: int, end: int, budget: int, count: Count, symbol: str) -> list[Piece]:
    kind = "class" if symbol else "module"
    return [Piece(a, b, kind, symbol) for a, b in cut(content, start, end, budget, count)]


def _whole(content: bytes, start: int, unit: _Unit, budget: int, count: Count) -> list[Piece]:
    definition = unit.definition
    if unit.end - start <= budget or count(content[start : unit.end]) <= budget:
        return [Piece(start, unit.end, definition.kind, definition.qualified)]
    opening = max(start, _line_start(content, definition.start))
    if start < opening and count(content[opening : unit.end]) <= budget:
        before = cut(content, start, opening, budget, count)
        whole = (opening, unit.end)
        return [Piece(a, b, definition.kind, definition.qualified) for a, b in [*before, whole]]
    if unit.inner:
        return _cut(content, start, unit.end, unit.inner, budget, count, definition.qualified)
    spans = cut(content, start, unit.end, budget, count)
    return [Piece(a, b, definition.kind, definition.qualified) for a, b in spans]


def _tail(
    content: bytes, start: int, end: int, pieces: list[Piece], budget: int, count: Count, symbol: str
) -> list[Piece]:
    """What follows the last unit: blanks and closing marks go with it where they fit."""
    if pieces and not content[start:end].strip(b" \t\r\n})];,"):
        last = pieces[-1]
        if count(content[last.start : end]) <= budget:
            pieces.pop()
            return [Piece(last.start, end, last.kind, last.symbol)]
    return _between(content, start, end, budget, count, symbol)


def _join(content: bytes, pieces: Sequence[Piece], budget: int, count: Count) -> list[Piece]:
    """Neighbours of the small kinds share a piece while they fit."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.kind == piece.kind
            and piece.kind in _JOINED
            and count(content[last.start : piece.end]) <= budget
        ):
            joined[-1] = Piece(last.start, piece.end, last.kind, last.symbol)
        else:
            joined.append(piece)
    return joined


def open(options: Options) -> Syntax:  # noqa: A001 - every plug-in's door has this name
    """Open the chunker."""
    return Syntax(options)
