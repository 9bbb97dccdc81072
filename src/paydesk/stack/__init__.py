"""The embedded servers: real PostgreSQL, Valkey and Apache Kafka from packages; used by the command line alone."""
