"""Send only what differs: the state of what was acknowledged, and plans that compare rows with the workspace."""
