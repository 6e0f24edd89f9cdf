"""Many rows in one call: the run, its stream of results, and its report."""
