"""Budgets that were set by hand, and what administrators granted on top of them."""

from alembic import op
from sqlalchemy import BigInteger, Column, Double, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make two tables."""
    op.create_table("budgets", Column("id", Text, primary_key=True), Column("body", Text, nullable=False))
    op.create_table(
        "grants",
        Column("counter", Text, primary_key=True),
        Column("nanos", BigInteger, nullable=False),
        Column("window", Double, nullable=False),
        Column("at", Double, nullable=False),
    )
