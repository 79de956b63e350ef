"""Secrets and personal data taken out of what is stored (`records.content: redacted`)."""

import asyncio
import re
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from penstock.domain.record import RequestRecord
from penstock.protocols import Spawn

_SECRETS: Final = re.compile(
    r"""
      (?P<pem>-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z))
    | (?P<key>\b(?:
          (?:sk|rk|pk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,}    # OpenAI, Anthropic, Stripe
        | psk_[a-z0-9]{1,32}_[A-Za-z0-9]{16,}                        # ours
        | gh[pousr]_[A-Za-z0-9]{30,} | github_pat_[A-Za-z0-9_]{40,}
        | glpat-[A-Za-z0-9_-]{20,} | xox[abeoprs]-[A-Za-z0-9-]{10,} | hf_[A-Za-z0-9]{30,}
        | (?:AKIA|ASIA)[0-9A-Z]{16} | AIza[A-Za-z0-9_-]{35} | gsk_[A-Za-z0-9]{40,}
        | npm_[A-Za-z0-9]{36} | pypi-[A-Za-z0-9_-]{40,} | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}
        | eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}   # JSON Web Tokens
      ))
    | (?P<login>(?<=://)[^\s/:@"'\\]+:[^\s/@"'\\]+(?=@))
    | (?P<bearer>(?<=[Bb]earer\ )[A-Za-z0-9._~+/=-]{12,})
    | (?P<named>
        (?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token|private[_-]?key)
        (?:\\?["'])?\s*[:=]\s*(?:\\?["'])?(?P<value>[^\s"'\\,;&]{8,})
      )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}\b")
_DIGITS: Final = re.compile(r"(?<![\w.])\+?\d(?:[ ().-]{0,2}\d){6,18}(?![\w])")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD: Final = range(13, 20)
_PHONE: Final = range(8, 16)
DATE_DIGITS: Final = 8
"""2026-11-23 is no phone number."""


def redacted(text: str) -> str:
    """Replace secrets, e-mail addresses, card and account numbers and phone numbers by what they are.

    Card and account numbers count only with their check digits right, phone numbers only with a plus
    or with separators, so that ids and amounts stay readable.
    """
    text = _SECRETS.sub(_secret, text)
    text = _EMAIL.sub("[e-mail]", text)
    text = _IBAN.sub(_account, text)
    return _DIGITS.sub(_number, text)


def _secret(found: re.Match[str]) -> str:
    value = found["value"]
    return found[0].removesuffix(value) + "[secret]" if value else "[secret]"


def _account(found: re.Match[str]) -> str:
    """ISO 13616: moved to the end, the first four characters make the whole 1 modulo 97."""
    plain = found[0].replace(" ", "")
    digits = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return "[account]" if int(digits) % 97 == 1 else found[0]


def _number(found: re.Match[str]) -> str:
    text = found[0]
    digits = [int(character) for character in text if character.isdigit()]
    if len(digits) in _CARD and _luhn(digits):
        return "[card]"
    separated = sum(text.count(mark) for mark in " ()-") >= 2
    is_phone = text.startswith("+") or (separated and len(digits) > DATE_DIGITS)
    return "[phone]" if is_phone and len(digits) in _PHONE else text


def _luhn(digits: list[int]) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


class Recording(Protocol):
    """Takes finished records; `Recorder` is one."""

    def finish(self, record: RequestRecord) -> None: ...


class Redacting:
    """Redacts a record's content in a thread before it is recorded; the rest is not touched."""

    def __init__(self, recorder: Recording, spawn: Spawn, redact: Callable[[str], str] = redacted) -> None:
        self._recorder = recorder
        self._spawn = spawn
        self._redact = redact

    def finish(self, record: RequestRecord) -> None:
        """Never blocks; the record follows when its content is clean."""
        if record.content is None:
            self._recorder.finish(record)
        else:
            self._spawn(self._later(record, record.content))

    async def _later(self, record: RequestRecord, content: dict[str, str]) -> None:
        clean = await asyncio.to_thread(self._clean, content)
        self._recorder.finish(msgspec.structs.replace(record, content=clean))

    def _clean(self, content: dict[str, str]) -> dict[str, str]:
        return {part: self._redact(text) for part, text in content.items()}
