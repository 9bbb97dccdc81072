"""What screens, commands and the worker read, through psycopg alone."""
