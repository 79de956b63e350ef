"""The tables, as migrations/ leaves them; a test compares the two.

Times are Unix seconds (UTC), money is nano-dollars. Names of columns are the fields of the nouns.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

metadata = MetaData()

SPENT = "kind IN ('settle', 'adjust')"
"""The rows whose sum is what was spent."""

ledger = Table(
    "ledger",
    metadata,
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


def _ledger_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(
        name,
        *(ledger.c[column] for column in columns),
        unique=unique,
        sqlite_where=text(where),
        postgresql_where=text(where),
    )


_ledger_index("ledger_one_end", "request_id", "attempt", where="kind IN ('settle', 'release')", unique=True)
_ledger_index("ledger_holds", "process_id", "at", where="kind = 'hold'")
_ledger_index(
    *("ledger_spent", "at", "key_id", "user", "team", "organization", "nanos", "estimated"), where=SPENT
)
# One index that grows at its end only and answers for all scopes by itself: one index per scope would
# double the cost of every settlement. Sums over long periods are the business of roll-ups.

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("session", Text),
    Column("body", Text, nullable=False),
    Index("requests_time", "at", "id"),
    Index("requests_key", "key_id", "at", "id"),
    Index("requests_status", "status", "at", "id"),
)
"""`body` is the RequestRecord as JSON; the other columns are what it is found by."""

keys = Table(
    "keys",
    metadata,
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
    Index("keys_changed", "changed"),
    Index("keys_lineage", "lineage"),
)

key_changes = Table("key_changes", metadata, Column("last", BigInteger, nullable=False))
"""One row: the number of the latest change to a key. Its lock puts changes in the order of commits."""

processes = Table(
    "processes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("heartbeat", Double, nullable=False),
    Column("open_since", Double, nullable=False),
)
"""Holds of this process that began before `open_since` have ended."""

responses = Table(
    "responses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("previous_id", Text),
    Column("target", Text, nullable=False),
    Column("input", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Double, nullable=False),
    Index("responses_created", "created"),
)

budgets = Table(
    "budgets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)
"""Budgets that were set while servers run: scope/name/period, and the Budget as JSON."""

grants = Table(
    "grants",
    metadata,
    Column("counter", Text, primary_key=True),
    Column("nanos", BigInteger, nullable=False),
    Column("window", Double, nullable=False),
    Column("at", Double, nullable=False),
)
"""What was granted on top of a budget, by the counter of its period."""
