"""What ends a command before anything is served; no request ever meets one of these (domain/errors.py has the rest)."""

from domain.errors import NightbellError


class SettingsRefused(NightbellError):
    """The settings are not fit to start with; every fault is listed."""

    code = "settings.refused"


class DatabaseRefused(NightbellError):
    """The database is not the one this program expects: another mode, or other migrations."""

    code = "database.refused"


class ProtocolRefused(NightbellError):
    """The protocol files do not hold together; every fault of every file is listed with its path."""

    code = "protocol.refused"


class MigrationRefused(NightbellError):
    """The database and the migration files do not fit together; each fault names one file."""

    code = "migration.refused"


class PostgresFailed(NightbellError):
    """The embedded PostgreSQL server could not be started."""

    code = "postgres.failed"
