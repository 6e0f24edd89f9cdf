"""What each group of the API does in the sandbox."""
