"""The two directions of a side: what arrives is taken into the inbox, what was said is relayed."""
