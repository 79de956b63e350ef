"""The first tables: ledger, requests, keys, processes, responses."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    PrimaryKeyConstraint,
    Text,
    text,
)

revision = "0001"
down_revision = None

SPENT = "kind IN ('settle', 'adjust')"


def upgrade() -> None:
    """Make the tables and their indexes."""
    _ledger()
    _requests()
    _keys()
    _processes()
    _responses()


def _ledger() -> None:
    op.create_table(
        "ledger",
        Column("request_id", Text, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("kind", Text, nullable=False),
        Column("at", Double, nullable=False),
        Column("nanos", BigInteger),
        Column("process_id", Text, nullable=False),
        Column("key_id", Text, nullable=False),
        Column("user", Text),
        Column("team", Text),
        Column("organization", Text),
        Column("session", Text),
        Column("model_asked", Text, nullable=False),
        Column("model_answered", Text, nullable=False),
        Column("provider", Text, nullable=False),
        Column("price_version", Text, nullable=False),
        Column("prompt_version", Text, nullable=False),
        Column("usage", Text),
        Column("estimated", Boolean(create_constraint=False), nullable=False),
        Column("reason", Text, nullable=False),
        PrimaryKeyConstraint("request_id", "attempt", "kind"),
        sqlite_with_rowid=False,
    )
    one_end = "kind IN ('settle', 'release')"
    _partial("ledger_one_end", ["request_id", "attempt"], one_end, unique=True)
    _partial("ledger_holds", ["process_id", "at"], "kind = 'hold'")
    scopes = ["key_id", "user", "team", "organization"]
    _partial("ledger_spent", ["at", *scopes, "nanos", "estimated"], SPENT)


def _partial(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(
        name, "ledger", columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )


def _requests() -> None:
    op.create_table(
        "requests",
        Column("id", Text, primary_key=True),
        Column("at", Double, nullable=False),
        Column("key_id", Text, nullable=False),
        Column("status", Integer, nullable=False),
        Column("session", Text),
        Column("body", Text, nullable=False),
    )
    op.create_index("requests_time", "requests", ["at", "id"])
    op.create_index("requests_key", "requests", ["key_id", "at", "id"])
    op.create_index("requests_status", "requests", ["status", "at", "id"])


def _keys() -> None:
    op.create_table(
        "keys",
        Column("public_id", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("hash", Text, nullable=False),
        Column("user", Text),
        Column("team", Text),
        Column("organization", Text),
        Column("created", Double, nullable=False),
        Column("revoked_at", Double),
        Column("rotated_from", Text),
        Column("lineage", Text, nullable=False),
        Column("changed", BigInteger, nullable=False),
    )
    op.create_index("keys_changed", "keys", ["changed"])
    op.create_index("keys_lineage", "keys", ["lineage"])
    op.create_table("key_changes", Column("last", BigInteger, nullable=False))
    op.execute(text("INSERT INTO key_changes (last) VALUES (0)"))


def _processes() -> None:
    op.create_table(
        "processes",
        Column("id", Text, primary_key=True),
        Column("host", Text, nullable=False),
        Column("pid", Integer, nullable=False),
        Column("started_at", Double, nullable=False),
        Column("heartbeat", Double, nullable=False),
        Column("open_since", Double, nullable=False),
    )


def _responses() -> None:
    op.create_table(
        "responses",
        Column("id", Text, primary_key=True),
        Column("owner", Text, nullable=False),
        Column("previous_id", Text),
        Column("target", Text, nullable=False),
        Column("input", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("created", Double, nullable=False),
    )
    op.create_index("responses_created", "responses", ["created"])
