"""The database: SQLite or PostgreSQL behind one seam, and the tables that every service has."""
