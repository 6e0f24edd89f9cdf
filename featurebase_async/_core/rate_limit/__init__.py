"""The rate limit: what the headers say, how many requests may start in a window, and who starts next."""
