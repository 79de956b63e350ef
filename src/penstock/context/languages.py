"""Which language a path is in, and what role its file plays."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

LANGUAGES: Mapping[str, str] = {
    suffix: language
    for language, suffixes in {
        "python": ".py .pyi .pyx .pxd",
        "javascript": ".js .mjs .cjs .jsx",
        "typescript": ".ts .mts .cts",
        "tsx": ".tsx",
        "go": ".go",
        "rust": ".rs",
        "java": ".java",
        "c": ".c",
        "cpp": ".cc .cpp .cxx .hh .hpp .hxx .h .inl .ipp",
        "csharp": ".cs",
        "ruby": ".rb .rake .gemspec",
        "php": ".php",
        "kotlin": ".kt .kts",
        "swift": ".swift",
        "bash": ".sh .bash",
        "sql": ".sql",
        "html": ".html .htm .vue .svelte",
        "css": ".css",
        "markdown": ".md .markdown .mdx",
        "rst": ".rst",
        "yaml": ".yaml .yml",
        "toml": ".toml",
        "json": ".json",
        "notebook": ".ipynb",
        "log": ".log",
        "diff": ".diff .patch",
    }.items()
    for suffix in suffixes.split()
}

_OTHER_SOURCE = frozenset(
    [
        ".scala",
        ".lua",
        ".ex",
        ".exs",
        ".erl",
        ".hrl",
        ".hs",
        ".ml",
        ".mli",
        ".clj",
        ".cljs",
        ".dart",
        ".r",
        ".jl",
        ".m",
        ".mm",
        ".pl",
        ".pm",
        ".f90",
        ".zig",
        ".nim",
        ".v",
        ".sv",
        ".vhd",
        ".groovy",
        ".gradle",
        ".proto",
        ".scss",
        ".less",
        ".sass",
        ".styl",
        ".cu",
        ".cuh",
        ".asm",
        ".s",
        ".el",
        ".lisp",
        ".scm",
        ".tcl",
        ".ps1",
        ".psm1",
        ".bat",
        ".awk",
        ".cmake",
        ".fs",
        ".fsx",
        ".vb",
        ".pas",
        ".d",
        ".cr",
        ".coffee",
        ".jinja",
        ".jinja2",
        ".j2",
        ".ejs",
        ".erb",
        ".hbs",
    ]
)
_CODE = frozenset(LANGUAGES.values()) - {
    "markdown",
    "rst",
    "yaml",
    "toml",
    "json",
    "notebook",
    "log",
    "diff",
}
_TEST = re.compile(
    r"(^|/)(tests|testsuites?|specs?|__tests__|testdata|test_data|fixtures|e2e|unittests?|test_[^/]*|[^/]*_tests?|t)/"
    r"|(^|/)(test_[^/]*|tests?|conftest)\.\w+$|(_tests?|_spec|\.test|\.spec)\.\w+$|(Tests?|Spec|IT)\.\w+$"
)
_TEST_FOLDER = re.compile(r"(^|/)test/")
_EXAMPLE = re.compile(
    r"(^|/)(examples?|samples?|demos?|tutorials?|benchmarks?|benches|bench|gallery|asv_bench)/"
)
_VENDORED = re.compile(
    r"(^|/)(vendor|vendored|_vendor|third[_-]?party|externals?|extern|deps|bundled)/|^[^/]+/packages/.*\.py$"
)
_SCRIPT = re.compile(r"(^|/)(scripts?|hack|ci|\.github|\.circleci)/|(^|/)(setup|noxfile)\.py$")
_DOCUMENT = re.compile(
    r"(^|/)(docs?|documentation|website)/|\.(md|markdown|mdx|rst|txt|adoc)$", re.IGNORECASE
)


def language_of(path: str) -> str:
    """Return the language of a path: a chunker's name for it, or `text`."""
    pure = PurePosixPath(path.lower())
    if pure.suffix in LANGUAGES:
        return LANGUAGES[pure.suffix]
    return "text"


def role_of(path: str, *, tests_apart: bool = False) -> str:
    """Return what a file is for: source, test, example, document, vendored, script, other.

    Where the repository has its tests apart, in `tests`, a folder `test` further down is source.
    """
    suffix = PurePosixPath(path.lower()).suffix
    if _TEST.search(path) or (_TEST_FOLDER.search(path) and not (tests_apart and suffix == ".py")):
        return "test"
    if _EXAMPLE.search(path):
        return "example"
    if _DOCUMENT.search(path):
        return "document"
    if LANGUAGES.get(suffix, "") not in _CODE and suffix not in _OTHER_SOURCE:
        return "other"
    if _VENDORED.search(path):
        return "vendored"
    return "script" if _SCRIPT.search(path) else "source"
