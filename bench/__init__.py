"""What the exchange costs, measured against the budgets: `python -m bench`."""
