"""The files of a commit or a work tree that are worth reading, and why the others are not."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import msgspec

from penstock.context.git import Blobs, Entry, Git

IGNORE_FILE = ".penstockignore"
_LINK, _SUBMODULE = "120000", "160000"
_LARGEST = 5_000_000

_BINARY = frozenset(
    """
    .png .jpg .jpeg .gif .bmp .ico .icns .webp .tif .tiff .psd .pdf .zip .gz .tgz .bz2 .xz .zst .7z .rar
    .tar .jar .war .whl .egg .so .dylib .dll .exe .o .a .lib .obj .class .pyc .pyd .wasm .bin .dat .db
    .sqlite .sqlite3 .mp3 .mp4 .wav .ogg .flac .avi .mov .mkv .webm .ttf .otf .woff .woff2 .eot .npy
    .npz .pkl .pickle .h5 .hdf5 .parquet .feather .arrow .mo .dcm .nc .fits .svg .lockb .snap .map
    """.split()
)
_LOCKS = frozenset(
    """
    package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml poetry.lock pipfile.lock uv.lock
    cargo.lock go.sum composer.lock gemfile.lock mix.lock podfile.lock flake.lock pubspec.lock
    """.split()
)
_SECRET = re.compile(
    r"(^|/)(\.env(\.(?!example|sample|template|dist)[^/]*)?|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pypirc|\.npmrc|"
    r"\.htpasswd|credentials(\.json)?)$|\.(pem|key|p12|pfx|jks|keystore)$",
    re.IGNORECASE,
)
_MINIFIED = re.compile(r"[.-]min\.(js|css|mjs)$", re.IGNORECASE)
_VENDORED = re.compile(r"(^|/)(node_modules|bower_components|\.venv|__pycache__|site-packages)/")


class Listing(msgspec.Struct, frozen=True):
    """The files of one state of a repository."""

    commit: str
    """Full id; for a work tree, that of HEAD ("" before the first commit)."""
    entries: tuple[Entry, ...]
    skipped: tuple[tuple[str, str], ...]
    """Path and reason."""


def walk_commit(git: Git, revision: str) -> Listing:
    """List a commit's tree. Raises NoRepository."""
    commit = git.commit(revision)
    entries = git.tree(commit)
    rules = next((entry.blob for entry in entries if entry.path == IGNORE_FILE), None)
    ignored = Ignore("")
    if rules is not None:
        with Blobs(git.directory) as blobs:
            ignored = Ignore((blobs.read(rules) or b"").decode(errors="replace"))
    return _sorted_out(commit, entries, ignored)


def walk_work_tree(git: Git, root: Path, known: dict[str, tuple[int, int, str]]) -> Listing:
    """List the files of a work tree that git does not ignore, as they are now on disk.

    `known` maps a path to its (mtime in ns, size, blob) and is brought up to date: only files that
    changed are read.
    """
    algorithm = git.run("rev-parse", "--show-object-format").decode().strip()
    named = git.run("ls-files", "-z", "-c", "-o", "--exclude-standard", "--deduplicate").split(b"\0")
    entries, unread = [], []
    for raw in filter(None, named):
        path = raw.decode(errors="surrogateescape")
        entry = _entry(root, path, known, algorithm)
        if isinstance(entry, Entry):
            entries.append(entry)
        else:
            unread.append((path, entry))
    rules = root / IGNORE_FILE
    ignored = Ignore(rules.read_text(errors="replace") if rules.is_file() else "")
    head = git.run("rev-parse", "--verify", "--quiet", "HEAD", check=False).decode().strip()
    listing = _sorted_out(head, entries, ignored)
    return msgspec.structs.replace(listing, skipped=(*listing.skipped, *unread))


def _entry(root: Path, path: str, known: dict[str, tuple[int, int, str]], algorithm: str) -> Entry | str:
    """The entry of a file on disk, or why there is none."""
    full = root / path
    try:
        stat = full.lstat()
        if full.is_symlink():
            return Entry(path, "", _LINK)
        if full.is_dir():
            return Entry(path, "", _SUBMODULE)
        if stat.st_size > _LARGEST:
            return "too large"
        seen = known.get(path)
        if seen is not None and seen[:2] == (stat.st_mtime_ns, stat.st_size):
            return Entry(path, seen[2], size=stat.st_size)
        content = full.read_bytes()
    except OSError as error:
        return error.strerror or "unreadable"
    blob = hashlib.new(algorithm, b"blob %d\0" % len(content) + content).hexdigest()
    known[path] = (stat.st_mtime_ns, stat.st_size, blob)
    return Entry(path, blob, size=len(content))


def _sorted_out(commit: str, entries: Iterable[Entry], ignored: "Ignore") -> Listing:
    kept, skipped = [], []
    for entry in entries:
        reason = _reason(entry) or ("ignored" if ignored.matches(entry.path) else "")
        if reason:
            skipped.append((entry.path, reason))
        else:
            kept.append(entry)
    return Listing(commit, tuple(kept), tuple(skipped))


def _reason(entry: Entry) -> str:
    """Why a path is left out whatever its content; empty: it is not."""
    if entry.mode in (_LINK, _SUBMODULE):
        return "symbolic link" if entry.mode == _LINK else "submodule"
    pure = PurePosixPath(entry.path.lower())
    if pure.suffix in _BINARY:
        return "binary"
    if pure.name in _LOCKS:
        return "lock file"
    if _SECRET.search(entry.path):
        return "secret"
    if _MINIFIED.search(entry.path):
        return "minified"
    return "vendored" if _VENDORED.search(entry.path) else ""


class Ignore:
    """The rules of a `.penstockignore`, in the form of a `.gitignore` at the top of the tree."""

    def __init__(self, text: str) -> None:
        lines = [line.rstrip() for line in text.splitlines()]
        self._rules = [
            (not line.startswith("!"), re.compile(_pattern(line.removeprefix("!"))))
            for line in lines
            if line and not line.startswith("#")
        ]

    def matches(self, path: str) -> bool:
        """Whether the last rule that fits `path` leaves it out."""
        verdict = False
        for leaves_out, pattern in self._rules:
            if pattern.search(path):
                verdict = leaves_out
        return verdict


def _pattern(rule: str) -> str:
    """A rule as a regular expression over the whole path; it also fits what is below."""
    anchored = "/" in rule.rstrip("/")
    tail = "/" if rule.endswith("/") else "(/|$)"
    out = []
    for token in re.findall(r"/\*\*/|\*\*/|/\*\*|\*|\?|\[[^\]]*\]|.", rule.strip("/")):
        known = {"/**/": "/(.*/)?", "**/": "(.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}.get(token)
        is_class = token.startswith("[") and len(token) > 1
        out.append(known or (token.replace("[!", "[^") if is_class else re.escape(token)))
    return ("^" if anchored else "(^|/)") + "".join(out) + tail
