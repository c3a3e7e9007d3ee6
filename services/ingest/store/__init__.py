"""All of ingest's SQL: deliveries, leads and by what we know them again, and what it takes to forget them."""
