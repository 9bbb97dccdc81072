"""The two directions of a side: what arrives is taken into the inbox, what is to be published is relayed."""
