"""The manager's flat: what a manager says, hears, asks and sees."""
