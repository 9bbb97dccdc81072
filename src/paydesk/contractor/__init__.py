"""The contractor's flat: what a contractor says, hears, asks and sees."""
