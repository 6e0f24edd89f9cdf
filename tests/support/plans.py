"""What a plan says."""

from featurebase_async import Change, Plan


async def changes(plan: Plan) -> list[Change]:
    """Return all changes of a plan."""
    return [change async for change in plan.changes()]
