"""Versions of the operational state's tables; the newest is reached whenever the state is opened.

Here: the Alembic environment and one file per version below ``versions/``. Not here: what the tables mean.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text

from resource_catalogue.errors import CaseError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "v0004"
"""The newest version below ``versions/``; a test holds the two together."""
_LOCK = 5_907_115_733


def configuration() -> "Config":
    """Return Alembic's configuration; there is no ``alembic.ini``."""
    # Loaded when a state is opened: most commands end before, and it takes a third of a second.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def _version(engine: Engine) -> str | None:
    """Return the version of a database without loading Alembic; null where it has none."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("select version_num from alembic_version")).scalar()


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest version in one transaction; do nothing where it is there already.

    Raises:
        CaseError: The database is of a version that this code does not know.
    """
    found = _version(engine)
    if found == HEAD:
        return
    from alembic import command
    from alembic.script import ScriptDirectory

    config = configuration()
    script = ScriptDirectory.from_config(config)
    if found is not None and found not in {revision.revision for revision in script.walk_revisions()}:
        raise CaseError(
            "运行状态库 / operational state",
            f"版本 / version {found}",
            f"{HEAD} 或更早 / or older",
            "升级平台 / update the platform",
        )
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
