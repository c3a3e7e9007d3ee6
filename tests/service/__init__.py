"""One service whole: real database, real handlers, embedded bus, still clock."""
