"""Baton as it is run when it has grown, on real Kafka and PostgreSQL, with processes that die."""
