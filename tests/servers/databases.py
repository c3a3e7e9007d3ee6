"""Empty databases for tests: a file each on SQLite, a small pool on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

# A schema that tests/tables.py made says under which name it waits, without a row, for the next test.
# With so few rows DELETE takes 5 ms where TRUNCATE, with a new file for every table and index, takes 30.
SET_ASIDE = r"""
DO $$ DECLARE
  name text := obj_description('public'::regnamespace, 'pg_namespace');
  one record;
BEGIN
  IF name LIKE 'aside\_%' THEN
    FOR one IN SELECT oid::regclass AS name, relkind FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
          AND (relkind = 'S' OR relkind = 'r' AND relname NOT LIKE '%alembic_version')
        -- What refers to other rows goes before them.
        ORDER BY EXISTS (SELECT FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'f') DESC LOOP
      IF one.relkind = 'S' THEN PERFORM setval(one.name, 1, false);
      ELSE EXECUTE format('DELETE FROM %s', one.name); END IF;
    END LOOP;
    EXECUTE format('ALTER SCHEMA public RENAME TO %I', name);
  END IF;
END $$;
"""
EMPTY = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT nspname FROM pg_namespace
      WHERE nspname !~ '^(pg_|aside_)' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', one.nspname);
  END LOOP;
END $$;
CREATE SCHEMA public;
"""
OTHERS_OUT = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class PostgresDatabases:
    """Lends empty databases on one server, each to one test at a time.

    Making a database costs 70 ms and dropping it 50 ms; emptying one costs 15. So they are lent again,
    emptied: no row, no connection of the test before is left, and no table but those set aside.
    """

    def __init__(self, server: str, owner: str) -> None:
        """`server`: address of a database in which others may be created. `owner`: a word for their names."""
        self._server = server
        self._owner = owner
        self._made: list[str] = []
        self._free: list[str] = []

    def borrow(self) -> str:
        """The name of an empty database that nobody else is using."""
        if self._free:
            return self._free.pop()
        name = f"baton_{self._owner}_{len(self._made)}"
        with psycopg.connect(self._server, autocommit=True) as connection:
            # A run before this one, on a server that stays, may have been killed and left its database.
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        self._made.append(name)
        return name

    def give_back(self, name: str) -> None:
        """Empty the database and put out whoever is still connected."""
        with psycopg.connect(self._server, dbname=name, autocommit=True) as connection:
            connection.execute(OTHERS_OUT)
            connection.execute(SET_ASIDE)
            connection.execute(EMPTY)
        self._free.append(name)

    def address(self, name: str) -> str:
        """The URL as Baton's settings take it."""
        parts = conninfo_to_dict(self._server)
        password = f":{parts['password']}" if parts.get("password") else ""
        return (
            f"postgresql+psycopg://{parts['user']}{password}@{parts['host']}:{parts.get('port', 5432)}/{name}"
        )

    def drop_all(self) -> None:
        """Leave the server as it was found."""
        with psycopg.connect(self._server, autocommit=True) as connection:
            for name in self._made:
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )


@contextmanager
def postgres_databases(server: str, owner: str, *, keep: bool) -> Iterator[PostgresDatabases]:
    """The pool, dropped at the end unless the whole server is about to be thrown away (`keep`)."""
    databases = PostgresDatabases(server, owner)
    yield databases
    if not keep:
        databases.drop_all()
