"""The screens, on a room behind them that is kept in memory."""
