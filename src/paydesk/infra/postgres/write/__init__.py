"""What commands and messages write: set-based statements, one class a concern, joined in ``transaction``."""
