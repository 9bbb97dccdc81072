"""What the event core speaks: roles, ports, records, messages, and how commands and messages are taken in."""
