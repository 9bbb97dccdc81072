"""Lines, sums and fields of which desks and screens are laid out."""
