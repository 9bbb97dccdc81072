"""The screens, on a service behind them that is kept in memory."""
