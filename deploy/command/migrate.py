"""`baton migrate`: brings the databases of a folder up to date without running it."""

from deploy.command.asking import DEFAULT_DATA, DataOption
from deploy.command.failing import Failed
from deploy.processes import SERVICES


def migrate(data: DataOption = DEFAULT_DATA) -> None:
    """Bring the databases in --data up to date. `baton run` does so by itself at its start."""
    from deploy.folder import Folder, FolderInUse
    from shared.db.database import Database, DatabaseUnavailable
    from shared.db.migrate import upgrade

    if not data.is_dir():
        raise Failed(f"there is no folder {data}; name it with --data, or make one with `baton run`")
    folder = Folder(data)
    try:
        with folder.lock():
            for service in SERVICES:
                database = Database(folder.database_url(service), inline=True)
                try:
                    database.tx_inline(lambda conn, name=service: upgrade(conn, name))  # type: ignore[misc]
                finally:
                    database.close()
                print(f"{service}: up to date")
    except FolderInUse as taken:
        raise Failed(f"{taken} (a running instance is up to date already)") from taken
    except DatabaseUnavailable as wrong:
        raise Failed(f"{wrong}; nothing was changed in that database, so run it again") from wrong
    except OSError as wrong:
        raise Failed(str(wrong)) from wrong
