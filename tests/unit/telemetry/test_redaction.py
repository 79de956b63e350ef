"""What is taken out of stored prompts and answers."""

import asyncio

import pytest

from penstock.domain.record import RequestRecord
from penstock.telemetry.redaction import Redacting, redacted

SECRETS = [
    "sk-proj-abcdefghijklmnopqrstuvwxyz123456",
    "sk-ant-api03-abcdefghijklmnop-qrstuvwxyz_0123456789",
    "psk_97c2w264ddes_YezGN9zqwqvT9V0uXUqIZs1rn5WU6bISlkt1ztp8ymO",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-1234567890-abcdefghij",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_known_forms_of_secrets_are_taken_out(secret: str) -> None:
    """Keys of providers and forges, tokens and private keys do not reach the disk."""
    clean = redacted(f"before {secret} after")
    assert clean == "before [secret] after"


def test_named_values_are_taken_out() -> None:
    """What is called a password is one; the name stays."""
    assert redacted('password = "hunter2hunter2"') == 'password = "[secret]"'
    assert redacted('{\\"api_key\\": \\"abcdefgh1234\\"}') == '{\\"api_key\\": \\"[secret]\\"}'
    assert redacted("Authorization: Bearer abcdefghijklmnop") == "Authorization: Bearer [secret]"
    assert redacted("postgresql://me:hunter2@host/db") == "postgresql://[secret]@host/db"


def test_personal_data_is_taken_out() -> None:
    """E-mail addresses, cards and accounts with right check digits, phone numbers."""
    assert redacted("write to jane.doe+x@example.co.uk now") == "write to [e-mail] now"
    assert redacted("card 4111 1111 1111 1111.") == "card [card]."
    assert redacted("IBAN DE89 3704 0044 0532 0130 00") == "IBAN [account]"
    assert redacted("call +49 30 901820 today") == "call [phone] today"


@pytest.mark.parametrize(
    "text",
    [
        "order 4111111111111112 of 2026-11-23",
        "line 1234567 took 0.123456789 s",
        "DE00 3704 0044 0532 0130 00",
        "def secret(): return token",
        "version 1.2.3, port 8080",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """Numbers without check digits, dates, versions and code are left alone."""
    assert redacted(text) == text


class Remembers:
    def __init__(self) -> None:
        self.records: list[RequestRecord] = []

    def finish(self, record: RequestRecord) -> None:
        self.records.append(record)


async def test_records_are_redacted_before_they_are_recorded() -> None:
    """Content is cleaned in a thread; a record without content passes at once."""
    kept = Remembers()
    tasks = []

    def spawn(work):
        tasks.append(asyncio.ensure_future(work))
        return tasks[-1]

    redacting = Redacting(kept, spawn)
    plain = RequestRecord(id="1", at=0, dialect="openai_chat", model_asked="m")
    redacting.finish(plain)
    assert kept.records == [plain]
    full = RequestRecord(
        id="2", at=0, dialect="openai_chat", model_asked="m", content={"request": "me@example.org"}
    )
    redacting.finish(full)
    await asyncio.gather(*tasks)
    assert kept.records[1].content == {"request": "[e-mail]"}
