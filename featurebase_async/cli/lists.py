"""The lists of the API: what each is called here, where it is, and what it leaves out unless it is asked for all."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from contextlib import aclosing
from difflib import get_close_matches
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

import msgspec
from msgspec import Struct

import featurebase_async
from featurebase_async import Pager, PaginationLoopError
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.values import plain

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from featurebase_async import AsyncFeaturebase, Model

__all__ = ["LISTS", "ListKind", "batches", "list_kind", "raw_batches"]


class ListKind(Struct, frozen=True, kw_only=True):
    """A list of the API.

    Attributes:
        name: What it is called on the command line, with underscores.
        group: The attributes of the client that lead to its calls.
        path: Where the API has it.
        model: The name of what it gives.
        call: The call that gives it.
        everything: The arguments with which it gives all there is.
        left_out: What it leaves out without them.
        says_default: Whether the documentation says so; else it may leave them out.
        parent: The list with an item for each list of this kind: the contacts of each company, say.
        hidden: Fields that an export has only when asked for.
        searchable: Whether it can be searched; in titles and texts too with `text`.
        single: Whether a single item can be had by its id.
        paged: Whether it comes in pages.
    """

    name: str
    group: str
    path: str
    model: str
    call: str = "list"
    everything: Mapping[str, Any] = {}
    left_out: str = ""
    says_default: bool = True
    parent: str = ""
    hidden: tuple[str, ...] = ("object",)
    searchable: bool = False
    text: bool = False
    single: bool = True
    paged: bool = True

    @property
    def fields(self) -> Sequence[str]:
        """The fields of its items; what it is a list of comes first, where there are several such lists."""
        model: type[Model] = getattr(featurebase_async, self.model)
        return (*((self.parent_field,) if self.parent else ()), *model.__struct_fields__)

    @property
    def parent_field(self) -> str:
        """The field that names the item which has this list."""
        return f"{self.parent.removesuffix('ies') + 'y' if self.parent.endswith('ies') else self.parent[:-1]}_id"

    @property
    def words(self) -> str:
        """The name as people write it."""
        return {"qna": "Q&A entries", "api_specs": "API specs"}.get(self.name, self.name.replace("_", " "))

    @property
    def singular(self) -> str:
        """The name of one of its items, as people write it."""
        ends = (("ies", "y"), ("uses", "us"), ("s", ""))
        return next(self.words.removesuffix(end) + one for end, one in ends if self.words.endswith(end))

    def counted(self, number: int) -> str:
        """Write a number of its items."""
        return f"{number:,} {self.singular if number == 1 else self.words}"


_KINDS = (
    ListKind(
        name="contacts",
        group="users.contacts",
        path="/v2/contacts",
        model="Contact",
        searchable=True,
        hidden=("object", "organization_id"),
        everything={"contact_type": "all"},
        left_out="leads",
    ),
    ListKind(name="companies", group="users.companies", path="/v2/companies", model="Company", searchable=True),
    ListKind(
        name="company_contacts",
        group="users.companies.contacts",
        path="/v2/companies/{id}/contacts",
        model="Contact",
        parent="companies",
        single=False,
    ),
    ListKind(
        name="posts",
        group="feedback.posts",
        path="/v2/posts",
        model="Post",
        searchable=True,
        text=True,
        everything={"in_review": True},
        left_out="posts in review",
        says_default=False,
    ),
    ListKind(
        name="post_voters",
        group="feedback.posts.voters",
        path="/v2/posts/{id}/voters",
        model="PostVoter",
        parent="posts",
        single=False,
    ),
    ListKind(
        name="post_insights",
        group="feedback.posts.insights",
        path="/v2/posts/{id}/insights",
        model="Post",
        parent="posts",
        single=False,
    ),
    ListKind(
        name="comments",
        group="feedback.comments",
        path="/v2/comments",
        model="Comment",
        searchable=True,
        text=True,
        everything={"privacy": "all"},
        left_out="private comments",
        says_default=False,
    ),
    ListKind(name="boards", paged=False, group="feedback.boards", path="/v2/boards", model="Board"),
    ListKind(
        name="post_statuses", paged=False, group="feedback.post_statuses", path="/v2/post_statuses", model="PostStatus"
    ),
    ListKind(
        name="custom_fields", paged=False, group="feedback.custom_fields", path="/v2/custom_fields", model="CustomField"
    ),
    ListKind(
        name="changelogs",
        group="changelogs",
        path="/v2/changelogs",
        model="Changelog",
        everything={"state": "all"},
        left_out="drafts",
    ),
    ListKind(
        name="help_centers", group="help_center.help_centers", path="/v2/help_center/help_centers", model="HelpCenter"
    ),
    ListKind(
        name="collections", group="help_center.collections", path="/v2/help_center/collections", model="Collection"
    ),
    ListKind(
        name="articles",
        group="help_center.articles",
        path="/v2/help_center/articles",
        model="Article",
        searchable=True,
        text=True,
        everything={"state": "all"},
        left_out="drafts",
    ),
    ListKind(
        name="redirect_rules",
        group="help_center.redirect_rules",
        path="/v2/help_center/redirect_rules",
        model="RedirectRule",
    ),
    ListKind(
        name="api_specs",
        paged=False,
        group="help_center.api_specs",
        path="/v2/help_center/api_specs",
        model="ApiSpec",
    ),
    ListKind(name="training_files", group="ai.training_files", path="/v2/training_data/files", model="TrainingFile"),
    ListKind(name="qna", group="ai.qna", path="/v2/training_data/qna", model="Qna"),
    ListKind(
        name="conversations",
        group="support.conversations",
        path="/v2/conversations",
        model="Conversation",
        searchable=True,
        text=True,
    ),
    ListKind(
        name="conversation_tags",
        paged=False,
        group="support.conversation_tags",
        path="/v2/tags",
        model="ConversationTag",
    ),
    ListKind(
        name="conversation_attributes",
        paged=False,
        group="conversation_attributes",
        path="/v2/conversation_attributes",
        model="ConversationAttribute",
        everything={"include_archived": True},
        left_out="archived attributes",
    ),
    ListKind(name="tickets", group="support.tickets", path="/v2/tickets", model="Ticket"),
    ListKind(
        name="ticket_categories",
        paged=False,
        group="support.tickets.categories",
        path="/v2/tickets/categories",
        model="Board",
    ),
    ListKind(
        name="ticket_statuses",
        paged=False,
        group="support.tickets.statuses",
        path="/v2/tickets/statuses",
        model="PostStatus",
    ),
    ListKind(
        name="ticket_custom_fields",
        paged=False,
        group="support.tickets.custom_fields",
        path="/v2/tickets/custom_fields",
        model="CustomField",
    ),
    ListKind(name="admins", paged=False, group="organization.admins", path="/v2/admins", model="Admin"),
    ListKind(
        name="admin_roles",
        paged=False,
        group="organization.admins",
        path="/v2/admins/roles",
        model="AdminRole",
        call="list_roles",
        single=False,
    ),
    ListKind(name="teams", paged=False, group="organization.teams", path="/v2/teams", model="Team"),
    ListKind(name="brands", group="organization.brands", path="/v2/brands", model="Brand"),
    ListKind(name="surveys", group="surveys", path="/v2/surveys", model="Survey"),
    ListKind(
        name="survey_responses",
        group="surveys",
        path="/v2/surveys/{id}/responses",
        model="SurveyResponse",
        call="list_responses",
        parent="surveys",
        single=False,
    ),
    ListKind(name="webhooks", group="webhooks", path="/v2/webhooks", model="Webhook", hidden=("object", "secret")),
    ListKind(name="audit_logs", group="audit_logs", path="/v2/audit-logs", model="AuditLog", single=False),
    ListKind(
        name="report_datasets",
        paged=False,
        group="reports",
        path="/v2/reports/datasets",
        model="ReportDataset",
        call="list_datasets",
        single=False,
    ),
)

LISTS: Mapping[str, ListKind] = {kind.name: kind for kind in _KINDS}
"""All lists by name."""


def list_kind(name: str) -> ListKind:
    """Return a list by its name.

    Raises:
        UsageError: There is none of that name; the text names the nearest one.
    """
    known = LISTS.get(name.replace("-", "_").lower())
    if known is None:
        near = get_close_matches(name, LISTS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(LISTS)}"
        raise UsageError(f"there is no list {name!r}; {hint}")
    return known


async def batches(
    client: AsyncFeaturebase,
    kind: ListKind,
    arguments: Mapping[str, Any],
    on_fallback: Callable[[str], object] | None = None,
) -> AsyncGenerator[list[dict[str, Any]]]:
    """Iterate over the items of a list in batches, as dictionaries with snake_case names.

    `on_fallback` is called with the reason if ranges were asked for, and the list was read page by page.
    """
    call = getattr(attrgetter(kind.group)(client), kind.call)
    if not kind.parent:
        source = call(**arguments)
        async for items in _batches(source):
            yield [plain(item) for item in items]
        if on_fallback is not None and isinstance(source, Pager) and source.fallback is not None:
            on_fallback(source.fallback)
        return
    async for parents in batches(client, LISTS[kind.parent], LISTS[kind.parent].everything):
        for parent in parents:
            async for items in _batches(call(parent["id"], **arguments)):
                yield [{kind.parent_field: parent["id"], **plain(item)} for item in items]


async def _batches(source: Pager[Any] | Awaitable[Sequence[Any]]) -> AsyncGenerator[Sequence[Any]]:
    if isinstance(source, Pager):
        async with aclosing(source.pages()) as pages:
            async for page in pages:
                yield page.data
    else:
        yield await source


class _RawPage(Struct, rename="camel"):
    data: list[msgspec.Raw] = []
    next_cursor: str | None = None


async def raw_batches(
    client: AsyncFeaturebase, kind: ListKind, arguments: Mapping[str, Any]
) -> AsyncGenerator[list[str]]:
    """Iterate over the items of a list in batches, each as the very JSON that the server has sent, on one line."""
    query = {re.sub("_([a-z])", lambda found: found[1].upper(), name): value for name, value in arguments.items()}
    if not kind.parent:
        async for items in _raw_batches(client, kind.path, query, paged=kind.paged):
            yield items
        return
    async for parents in batches(client, LISTS[kind.parent], LISTS[kind.parent].everything):
        for parent in parents:
            async for items in _raw_batches(client, kind.path.replace("{id}", parent["id"]), query, paged=kind.paged):
                yield items


async def _raw_batches(
    client: AsyncFeaturebase, path: str, query: Mapping[str, Any], *, paged: bool
) -> AsyncGenerator[list[str]]:
    more: dict[str, Any] = {"limit": 100} if paged else {}
    seen = set[str]()
    while True:
        page = await client.request("GET", path, query={**query, **more}, into=_RawPage | list[msgspec.Raw])  # type: ignore[arg-type]
        items = cast("Sequence[msgspec.Raw]", page if isinstance(page, list) else page.data)
        yield [msgspec.json.format(item, indent=-1).decode() for item in items]
        cursor = None if isinstance(page, list) else page.next_cursor
        if not cursor:
            return
        if cursor in seen:
            raise PaginationLoopError(f"GET {path}: the API sent a cursor twice; the list would not end")
        seen.add(cursor)
        more["cursor"] = cursor
