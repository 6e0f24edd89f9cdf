"""What the workspace of the sandbox holds."""
