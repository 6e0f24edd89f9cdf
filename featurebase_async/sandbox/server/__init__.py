"""The HTTP server of the sandbox, with its rate limit, its faults and its log."""
