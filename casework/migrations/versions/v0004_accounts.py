"""Version 4: accounts of the open portal, and apart from them contacts and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _accounts()
    _contacts()
    _sessions()


def downgrade() -> None:
    """Refuse: going back would destroy parts of cases that the ledger speaks of."""
    raise NotImplementedError("what the ledger speaks of is never destroyed")


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("holder", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("terms", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("name_key"),
    )


def _contacts() -> None:
    op.create_table(
        "account_contacts",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["accounts.case_id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )


def _sessions() -> None:
    op.create_table(
        "account_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["accounts.case_id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_account_sessions_case_id", "account_sessions", ["case_id"], unique=False)
