"""The sentences under the fields of a Struct, which Python forgets: read from its source."""

import ast
import inspect
import textwrap
from itertools import pairwise

import msgspec


def sentences(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Return field -> the docstring under it, inherited ones included; fields without one are absent."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if issubclass(each, msgspec.Struct) and each is not msgspec.Struct:
            found |= _of_one(each)
    return {field: found[field] for field in kind.__struct_fields__ if field in found}


def _of_one(kind: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found: dict[str, str] = {}
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                found[name] = " ".join(text.split())
    return found
