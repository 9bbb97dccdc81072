"""Keys: one after the other, by their names, at the foot of a screen, and in the palette."""
