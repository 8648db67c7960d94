"""Alembic's environment: runs versions on the connection that ``upgrade`` hands over.

Not here: any choice of database; there is no offline mode.
"""

from alembic import context

from casework.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
