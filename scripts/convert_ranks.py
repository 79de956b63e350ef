"""Convert js-tiktoken's ranks to the form that ships with Penstock: SOURCE_FOLDER TARGET_FOLDER.

Form: zlib over a line with the pattern that cuts text into pieces, then, token by token in the order of
their ranks, one byte of length and the token's bytes.
The result is checked against the SHA-256 that tiktoken expects of OpenAI's own file.
"""

import base64
import hashlib
import json
import re
import sys
import zlib
from pathlib import Path

SHA256 = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}


def field(script: str, name: str) -> str:
    """Read one string of the object that the script exports."""
    found = re.search(rf'"{name}":("(?:[^"\\]|\\.)*")', script)
    if found is None:
        raise SystemExit(f"no {name} found")
    return str(json.loads(found[1]))


def tokens(script: str) -> list[bytes]:
    """Read the tokens in rank order; each line of `bpe_ranks` is a mark, its first rank, tokens in base64."""
    found: dict[int, bytes] = {}
    for line in field(script, "bpe_ranks").splitlines():
        _, first, *encoded = line.split(" ")
        found.update(enumerate(map(base64.b64decode, encoded), int(first)))
    return [found[rank] for rank in range(len(found))]


def main(source: Path, target: Path) -> None:
    """Convert and check every encoding of `SHA256`."""
    for name, expected in SHA256.items():
        script = (source / f"{name}.js").read_text()
        ordered = tokens(script)
        original = b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(ordered))
        if hashlib.sha256(original).hexdigest() != expected:
            raise SystemExit(f"{name}: not the ranks that OpenAI published")
        pattern = field(script, "pat_str").encode() + b"\n"
        packed = zlib.compress(pattern + b"".join(bytes([len(token)]) + token for token in ordered), 9)
        (target / f"{name}.ranks").write_bytes(packed)
        print(f"{name}: {len(ordered)} tokens, {len(packed)} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
