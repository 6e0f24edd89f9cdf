"""The tree of calls: `client.x.y` on one page. Each group loads its models when it is first used."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from difflib import get_close_matches
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from featurebase_async import models
from featurebase_async.resources._base import Resource, group

if TYPE_CHECKING:
    from featurebase_async.resources.admins import Admins
    from featurebase_async.resources.api_specs import ApiSpecs
    from featurebase_async.resources.articles import Articles
    from featurebase_async.resources.audit_logs import AuditLogs
    from featurebase_async.resources.boards import Boards
    from featurebase_async.resources.brands import Brands
    from featurebase_async.resources.changelogs import Changelogs
    from featurebase_async.resources.comments import Comments
    from featurebase_async.resources.companies import Companies
    from featurebase_async.resources.contacts import Contacts
    from featurebase_async.resources.conversation_attributes import ConversationAttributes
    from featurebase_async.resources.conversation_tags import ConversationTags
    from featurebase_async.resources.conversations import Conversations
    from featurebase_async.resources.custom_fields import CustomFields
    from featurebase_async.resources.help_centers import HelpCenters
    from featurebase_async.resources.help_collections import Collections
    from featurebase_async.resources.outbound import Outbound
    from featurebase_async.resources.post_statuses import PostStatuses
    from featurebase_async.resources.posts import Posts
    from featurebase_async.resources.qna import QnaEntries
    from featurebase_async.resources.redirect_rules import RedirectRules
    from featurebase_async.resources.reports import Reports
    from featurebase_async.resources.surveys import Surveys
    from featurebase_async.resources.teams import Teams
    from featurebase_async.resources.tickets import Tickets
    from featurebase_async.resources.training_files import TrainingFiles
    from featurebase_async.resources.webhooks import Webhooks

__all__ = ["AI", "Feedback", "HelpCenterGroup", "Organization", "Support", "Tree", "Users"]


OTHER_NAMES = {
    "close": "await client.aclose()",
    "customers": "client.users.contacts",
    "email_preferences": "client.users.contacts.email_preferences",
    "get": "await client.request('GET', '/v2/...')",
    "leads": "client.users.contacts",
    "people": "client.users.contacts",
    "post": "client.feedback.posts, or await client.request('POST', '/v2/...', body=...)",
    "statuses": "client.feedback.post_statuses",
    "subscribers": "client.changelogs.subscribers",
    "tags": "client.support.conversation_tags",
    "voters": "client.feedback.posts.voters",
}
"""What is asked of a client, or of a group, by other names than those of the tree."""


class Group(Resource):
    """A part of the tree that holds resources."""

    if not TYPE_CHECKING:  # checkers know what there is

        def __getattr__(self, name: str) -> Any:
            """Raise AttributeError that says where in the tree the name is."""
            kind = type(self).__name__
            path = _paths().get(name) or OTHER_NAMES.get(name)
            if path is None and not name.startswith("_"):
                path = next((_paths()[near] for near in get_close_matches(name, _paths(), 1, 0.8)), None)
            if path is None:
                raise AttributeError(f"{kind!r} object has no attribute {name!r}", name=name, obj=self)
            raise AttributeError(f"{kind!r} object has no attribute {name!r}; use {path}")


@cache
def _paths() -> dict[str, str]:
    """Return where each resource is, by its own name."""
    branches = {"users": Users, "help_center": HelpCenterGroup, "organization": Organization, "feedback": Feedback}
    paths = {name: f"client.{name}" for name in _members(Tree)}
    for branch, kind in {**branches, "support": Support, "ai": AI}.items():
        paths |= {name: f"client.{branch}.{name}" for name in _members(kind)}
    return paths


def _members(kind: type[Group]) -> list[str]:
    return [name for name, member in vars(kind).items() if isinstance(member, cached_property)]


class Tree(Group):
    """The groups of calls."""

    @group
    def users(self) -> Users:
        """Contacts and companies."""
        return Users(self._sender)

    @group
    def help_center(self) -> HelpCenterGroup:
        """Help centers, their collections and articles, and redirects of old addresses."""
        return HelpCenterGroup(self._sender)

    @group
    def surveys(self) -> Surveys:
        """Surveys and the responses to them."""
        from featurebase_async.resources.surveys import Surveys  # noqa: PLC0415 -- see the top

        return Surveys(self._sender)

    @group
    def organization(self) -> Organization:
        """Admins, teams and brands."""
        return Organization(self._sender)

    @group
    def conversation_attributes(self) -> ConversationAttributes:
        """Definitions of the custom attributes of conversations."""
        from featurebase_async.resources.conversation_attributes import ConversationAttributes  # noqa: PLC0415 -- see the top

        return ConversationAttributes(self._sender)

    @group
    def audit_logs(self) -> AuditLogs:
        """Who did what."""
        from featurebase_async.resources.audit_logs import AuditLogs  # noqa: PLC0415 -- see the top

        return AuditLogs(self._sender)

    @group
    def reports(self) -> Reports:
        """Figures, and the rows behind them."""
        from featurebase_async.resources.reports import Reports  # noqa: PLC0415 -- see the top

        return Reports(self._sender)

    @group
    def webhooks(self) -> Webhooks:
        """Where events are sent to, and which."""
        from featurebase_async.resources.webhooks import Webhooks  # noqa: PLC0415 -- see the top

        return Webhooks(self._sender)

    @group
    def feedback(self) -> Feedback:
        """Posts and what belongs to them."""
        return Feedback(self._sender)

    @group
    def changelogs(self) -> Changelogs:
        """News, and who gets them by mail."""
        from featurebase_async.resources.changelogs import Changelogs  # noqa: PLC0415 -- see the top

        return Changelogs(self._sender)

    @group
    def ai(self) -> AI:
        """What the AI agent learns from: training files and Q&A entries."""
        return AI(self._sender)

    @group
    def outbound(self) -> Outbound:
        """What is sent out to people."""
        from featurebase_async.resources.outbound import Outbound  # noqa: PLC0415 -- see the top

        return Outbound(self._sender)

    @group
    def support(self) -> Support:
        """Conversations with their tags, and tickets."""
        return Support(self._sender)


class Users(Group):
    """Contacts and companies."""

    @group
    def contacts(self) -> Contacts:
        """People: customers and leads."""
        from featurebase_async.resources.contacts import Contacts  # noqa: PLC0415 -- see the top

        return Contacts(self._sender)

    @group
    def companies(self) -> Companies:
        """Companies, and the contacts that belong to them."""
        from featurebase_async.resources.companies import Companies  # noqa: PLC0415 -- see the top

        return Companies(self._sender)

    def iter_company_contacts(self, *, concurrency: int = 8) -> AsyncGenerator[tuple[models.Company, models.Contact]]:
        """Iterate every company with its contacts (customers), a number of companies side by side.

        Pairs come as they arrive: those of one company in order, those of different companies mixed. A company
        without contacts gives no pair; one that is deleted on the way ends where it was. Companies and contacts are
        read in pages of 100, so it takes about one request for each company.

        Args:
            concurrency: Companies read side by side.

        Raises:
            InvalidRequestError: The concurrency is below 1.
            FeaturebaseError: A page could not be had.
        """
        from featurebase_async.resources.companies import iter_company_contacts  # noqa: PLC0415 -- see the top

        return iter_company_contacts(self.companies, concurrency)


class HelpCenterGroup(Group):
    """Help centers, their collections and articles, and redirects of old addresses."""

    @group
    def help_centers(self) -> HelpCenters:
        """Help centers."""
        from featurebase_async.resources.help_centers import HelpCenters  # noqa: PLC0415 -- see the top

        return HelpCenters(self._sender)

    @group
    def collections(self) -> Collections:
        """Folders of articles and of other collections."""
        from featurebase_async.resources.help_collections import Collections  # noqa: PLC0415 -- see the top

        return Collections(self._sender)

    @group
    def articles(self) -> Articles:
        """Articles."""
        from featurebase_async.resources.articles import Articles  # noqa: PLC0415 -- see the top

        return Articles(self._sender)

    @group
    def api_specs(self) -> ApiSpecs:
        """API references: OpenAPI documents, their drafts, and what is published of them."""
        from featurebase_async.resources.api_specs import ApiSpecs  # noqa: PLC0415 -- see the top

        return ApiSpecs(self._sender)

    @group
    def redirect_rules(self) -> RedirectRules:
        """Where old addresses lead to."""
        from featurebase_async.resources.redirect_rules import RedirectRules  # noqa: PLC0415 -- see the top

        return RedirectRules(self._sender)


class Organization(Group):
    """Admins, teams and brands."""

    @group
    def admins(self) -> Admins:
        """Who works for the organization, and what they may do."""
        from featurebase_async.resources.admins import Admins  # noqa: PLC0415 -- see the top

        return Admins(self._sender)

    @group
    def teams(self) -> Teams:
        """Teams of admins."""
        from featurebase_async.resources.teams import Teams  # noqa: PLC0415 -- see the top

        return Teams(self._sender)

    @group
    def brands(self) -> Brands:
        """Brands."""
        from featurebase_async.resources.brands import Brands  # noqa: PLC0415 -- see the top

        return Brands(self._sender)


class Feedback(Group):
    """Posts and what belongs to them."""

    @group
    def boards(self) -> Boards:
        """What posts are sorted into."""
        from featurebase_async.resources.boards import Boards  # noqa: PLC0415 -- loads its models

        return Boards(self._sender)

    @group
    def posts(self) -> Posts:
        """Feedback, ideas and requests, with those who voted for them."""
        from featurebase_async.resources.posts import Posts  # noqa: PLC0415 -- loads its models

        return Posts(self._sender)

    @group
    def post_statuses(self) -> PostStatuses:
        """How far posts have come."""
        from featurebase_async.resources.post_statuses import PostStatuses  # noqa: PLC0415 -- loads its models

        return PostStatuses(self._sender)

    @group
    def comments(self) -> Comments:
        """What is said of posts and changelogs."""
        from featurebase_async.resources.comments import Comments  # noqa: PLC0415 -- loads its models

        return Comments(self._sender)

    @group
    def custom_fields(self) -> CustomFields:
        """Fields of your own for posts."""
        from featurebase_async.resources.custom_fields import CustomFields  # noqa: PLC0415 -- loads its models

        return CustomFields(self._sender)


class AI(Group):
    """What the AI agent learns from: training files and Q&A entries."""

    @group
    def training_files(self) -> TrainingFiles:
        """Documents."""
        from featurebase_async.resources.training_files import TrainingFiles  # noqa: PLC0415 -- loads its models

        return TrainingFiles(self._sender)

    @group
    def qna(self) -> QnaEntries:
        """Questions with their answers."""
        from featurebase_async.resources.qna import QnaEntries  # noqa: PLC0415 -- loads its models

        return QnaEntries(self._sender)


class Support(Group):
    """Conversations with their tags, and tickets."""

    @group
    def conversations(self) -> Conversations:
        """Conversations between contacts and admins."""
        from featurebase_async.resources.conversations import Conversations  # noqa: PLC0415 -- loads its models

        return Conversations(self._sender)

    @group
    def conversation_tags(self) -> ConversationTags:
        """The tags that conversations can have."""
        from featurebase_async.resources.conversation_tags import ConversationTags  # noqa: PLC0415 -- loads its models

        return ConversationTags(self._sender)

    @group
    def tickets(self) -> Tickets:
        """Tickets, with files."""
        from featurebase_async.resources.tickets import Tickets  # noqa: PLC0415 -- loads its models

        return Tickets(self._sender)
