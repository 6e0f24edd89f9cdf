"""Every group of calls beyond contacts and companies, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featurebase_async.sandbox.api.changelogs import Changelogs
from featurebase_async.sandbox.api.conversations import Conversations
from featurebase_async.sandbox.api.crud import Rules, Workspace, routes
from featurebase_async.sandbox.api.feedback import Feedback
from featurebase_async.sandbox.api.help_center import HelpCenter
from featurebase_async.sandbox.api.reports import Reports
from featurebase_async.sandbox.api.tickets import Tickets
from featurebase_async.sandbox.api.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from featurebase_async.sandbox.state.collection import Item
    from featurebase_async.sandbox.wire.routing import Call, Route


def all_routes(workspace: Workspace) -> list[Route]:
    """Return the routes of every call in the table of facts."""
    conversations = Conversations(workspace)
    groups = (
        Feedback(workspace),
        Changelogs(workspace),
        HelpCenter(workspace),
        Webhooks(workspace),
        conversations,
        Tickets(workspace, conversations),
        Reports(workspace),
    )
    special = {call: handler for group in groups for call, handler in group.handlers().items()}
    rules = {kind: rules for group in groups for kind, rules in group.rules().items()}
    return routes(workspace, special, {**rules, **_small_rules(workspace)})


def _small_rules(workspace: Workspace) -> dict[str, Rules]:
    def of_survey(found: Iterable[Item], call: Call) -> Iterable[Item]:
        survey = workspace.things("surveys").get(call.path["id"])
        return [one for one in found if workspace.store.surveys[one.id] == survey.id]

    def unarchived(found: Iterable[Item], call: Call) -> Iterable[Item]:
        return [one for one in found if call.query.get("includeArchived") or not one["archived"]]

    return {"responses": Rules(narrow=of_survey), "conversation_attributes": Rules(narrow=unarchived)}
