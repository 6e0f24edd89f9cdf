"""One rate limit for many processes: where they meet, and how they share. Everything here is public by other names.

`protocol` is what a budget is, `ledger` how a window is shared, `file` and `redis` are where the ledger is kept.
"""
