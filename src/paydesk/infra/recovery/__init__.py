"""What heals a side that lost, restored or missed something; it knows the ports alone."""
