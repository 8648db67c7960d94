"""Version 3: forms that the public sends, and apart from them what was written."""

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _forms()
    _contents()


def downgrade() -> None:
    """Refuse: going back would destroy parts of cases that the ledger speaks of."""
    raise NotImplementedError("what the ledger speaks of is never destroyed")


def _forms() -> None:
    op.create_table(
        "forms",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("receipt_hash", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("dataset", sa.String(length=120), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("time_word", sa.Text(), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("answer_zh", sa.Text(), nullable=False),
        sa.Column("answer_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("receipt_hash"),
    )
    op.create_index("ix_forms_dataset", "forms", ["dataset"], unique=False)


def _contents() -> None:
    op.create_table(
        "form_contents",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["forms.case_id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
