"""Alembic's environment: runs versions on the connection that ``upgrade`` hands over.

Not here: any choice of database; there is no offline mode. Imported by anything but Alembic it does nothing.
"""

from alembic import context

from casework.models import Base


def run() -> None:
    """Run the versions that Alembic asked for, inside the caller's transaction."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


if getattr(context, "config", None) is not None:
    run()
