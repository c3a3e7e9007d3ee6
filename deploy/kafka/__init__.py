"""A Kafka broker for tests and development, from Apache Kafka's own artefacts."""
