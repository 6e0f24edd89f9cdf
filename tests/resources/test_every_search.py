"""The searches of posts, comments, articles and conversations against the sandbox; those of users are beside them.

What the client lets through, the sandbox understands; what the sandbox would refuse, the client does not send.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import UNSET, Article, Comment, ConversationSearchRow, Filter, Post, UserMessagePart
from support.workspace_fixture import furnish

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async import AsyncFeaturebase, Clause
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent

IS, COMPARES, EQUALS = ("=", "!=", "IN", "NIN"), ("=", "!=", ">", "<", ">=", "<="), ("=", "!=")
NOBODY = "0" * 24
MAY = datetime(2026, 5, 1, tzinfo=UTC)

# By the names of the wire: a value, and operators.
FIELDS: dict[str, dict[str, tuple[Any, tuple[str, ...]]]] = {
    "posts": {
        "boardId": (NOBODY, IS),
        "statusId": (NOBODY, IS),
        "tagId": (NOBODY, IS),
        "authorId": ("a1", IS),
        "voterId": (NOBODY, ("=", "IN")),
        "assigneeId": (NOBODY, IS),
        "companyId": ("c1", IS),
        "createdAt": (MAY, COMPARES),
        "updatedAt": (MAY, COMPARES),
        "eta": (MAY, COMPARES),
        "upvotes": (2, COMPARES),
        "commentCount": (2, COMPARES),
        "monthlySpend": (2.5, COMPARES),
        "opportunityAmount": (2.5, COMPARES),
        "inReview": (True, EQUALS),
        "isPinned": (True, EQUALS),
    },
    "comments": {
        "authorId": ("a1", IS),
        "postId": (NOBODY, IS),
        "changelogId": (NOBODY, IS),
        "parentCommentId": (NOBODY, IS),
        "isPrivate": (True, EQUALS),
        "inReview": (True, EQUALS),
        "createdAt": (MAY, COMPARES),
        "upvotes": (2, COMPARES),
        "score": (2, COMPARES),
        "confidenceScore": (0.5, COMPARES),
    },
    "articles": {
        "id": ("1", IS),
        "help_center_id": ("1", IS),
        "parent_id": ("1", IS),
        "author_id": (NOBODY, IS),
        "slug": ("log-in", IS),
        "state": ("live", IS),
        "created_at": (MAY, COMPARES),
        "updated_at": (MAY, COMPARES),
    },
    "conversations": {
        "state": ("open", IS),
        "priority": (True, EQUALS),
        "adminAssigneeId": (NOBODY, IS),
        "teamAssigneeId": (NOBODY, IS),
        "brandId": (NOBODY, IS),
        "tagIds": (NOBODY, IS),
        "userId": (NOBODY, IS),
        "participantId": (NOBODY, IS),
        "companyId": (NOBODY, IS),
        "mentionedAdminIds": (NOBODY, IS),
        "createdAt": (MAY, ("=", ">", "<")),
        "customAttributes.attr_1": ("EU", IS),
    },
}
TYPED: dict[str, "Callable[[Any, Any], Clause]"] = {
    "=": lambda field, value: field == value,
    "!=": lambda field, value: field != value,
    "IN": lambda field, value: field.one_of([value]),
    "NIN": lambda field, value: field.none_of([value]),
    ">": lambda field, value: field > value,
    "<": lambda field, value: field < value,
    ">=": lambda field, value: field >= value,
    "<=": lambda field, value: field <= value,
    "~": lambda field, value: field.contains(value),
}
SORTS: dict[str, tuple[str, ...]] = {
    "posts": ("createdAt", "updatedAt", "upvotes", "eta", "monthlySpend", "opportunityAmount", "commentCount"),
    "comments": ("createdAt", "confidenceScore"),
    "articles": ("created_at", "updated_at"),
    "conversations": ("lastActivityAt",),
}
EVERY = [(group, wire) for group, fields in FIELDS.items() for wire in fields]


def search(client: "AsyncFeaturebase", group: str, **given: Any) -> Any:
    feedback = client.feedback
    return {
        "posts": feedback.posts,
        "comments": feedback.comments,
        "articles": client.help_center.articles,
        "conversations": client.support.conversations,
    }[group].search(**given)  # type: ignore[attr-defined]


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize(("group", "wire"), EVERY)
async def test_every_field_with_every_operator(
    client: "AsyncFeaturebase", sandbox: "Sandbox", unsent: "Unsent", group: str, wire: str
) -> None:
    value, signs = FIELDS[group][wire]
    # What only excludes is too broad by itself.
    since = Filter("created_at") > 0
    for sign, typed in TYPED.items():
        clause = typed(Filter(snake(wire)), value)
        if sign in signs:
            await search(client, group, query=clause & since).collect()
            sent: Any = int(MAY.timestamp()) if value is MAY else [value] if sign in ("IN", "NIN") else value
            assert sandbox.log[-1].json["query"]["value"][0] == {"field": wire, "operator": sign, "value": sent}
        elif not wire.startswith("customAttributes"):  # the API documents no operators of these
            async with unsent("query", f"can't be asked with {sign} "):
                search(client, group, query=clause)
    assert sandbox.statuses == {200: len(signs)}


@pytest.mark.parametrize(("group", "sort"), [(group, sort) for group, sorts in SORTS.items() for sort in sorts])
async def test_every_order(client: "AsyncFeaturebase", sandbox: "Sandbox", group: str, sort: str) -> None:
    for way in ("asc", "desc"):
        await search(client, group, sort=f"{sort}:{way}").collect()
        assert sandbox.log[-1].json == {"sort": f"{sort}:{way}", "limit": 100}
    assert sandbox.statuses == {200: 2}


@pytest.mark.parametrize("group", FIELDS)
@pytest.mark.parametrize("given", [{"query": Filter("titel") == "x"}, {"query": {"operator": "OR", "value": []}},
                                   {"sort": "title:asc"}, {"search": ""}, {"search": "x" * 501}])  # fmt: skip
async def test_what_no_search_takes_is_not_sent(
    client: "AsyncFeaturebase", unsent: "Unsent", group: str, given: dict[str, Any]
) -> None:
    async with unsent(next(iter(given))):
        search(client, group, **given)


@pytest.mark.parametrize(
    ("group", "clause"),
    [
        ("posts", Filter("author_id") != "a1"),
        ("comments", Filter("post_id").none_of([NOBODY])),
        ("conversations", Filter("brand_id") != NOBODY),
    ],
)
async def test_what_only_excludes_is_not_sent(
    client: "AsyncFeaturebase", unsent: "Unsent", group: str, clause: "Clause"
) -> None:
    async with unsent("query", "only excludes"):
        search(client, group, query=clause)


async def test_each_search_finds_what_is_there(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    (post,) = await search(client, "posts", query=Filter("voter_id") == at.contact, search="dark").collect()
    assert (type(post), post.id) == (Post, at.post)
    (comment,) = await search(client, "comments", query=Filter("parent_comment_id") == None).collect()  # noqa: E711 -- a clause
    assert (type(comment), comment.id) == (Comment, at.comment)
    (article,) = await search(client, "articles", query=Filter("state") == "live").collect()
    assert (type(article), article.id) == (Article, at.article)
    contacts = client.users.contacts.search(query=Filter("company_ids") == at.company)
    assert [contact.id for contact in await contacts.collect()] == [at.other]
    companies = client.users.companies.search(query=Filter("name").contains("acm"))
    assert [company.id for company in await companies.collect()] == [at.company]
    assert client.stats().drift == 0


async def test_conversations_are_found_as_slim_rows(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    conversations = client.support.conversations
    await conversations.update(at.conversation, custom_attributes={"attr_1": "EU"})
    (row,) = await conversations.search(
        query=Filter("customAttributes.attr_1") == "EU", search="sso", include=["customAttributeDefinitions"]
    ).collect()
    assert type(row) is ConversationSearchRow
    assert (row.id, row.state, row.custom_attributes) == (at.conversation, "open", {"attr_1": "EU"})
    assert not hasattr(row, "conversation_parts")
    assert row.matching_part is not UNSET
    assert (row.matching_part.id, row.matching_part.part_type) == (at.part, "user_msg")
    assert row.matching_body_preview_markdown == "Is SSO included?"
    assert isinstance(row.surrounding_conversation_parts, list)
    assert [part.preview_markdown for part in row.surrounding_conversation_parts] == ["Is SSO included?"]
    (part,) = (part for part in (await whole(client, row.id)) if isinstance(part, UserMessagePart))
    assert part.body_markdown == row.matching_body_preview_markdown
    assert client.stats().drift == 0
    # The cursor goes in the body.
    sandbox.seed(conversations=4)
    pager = conversations.search(query=Filter("state") == "open", page_size=2, look_ahead=0)
    assert len(await pager.collect()) == len(sandbox.store.collections["conversations"])
    assert [sorted(entry.json) for entry in sandbox.log[-3:]] == [
        ["limit", "query"],
        ["cursor", "limit", "query"],
        ["cursor", "limit", "query"],
    ]


async def whole(client: "AsyncFeaturebase", id: str) -> list[Any]:
    parts = (await client.support.conversations.retrieve(id)).conversation_parts
    assert isinstance(parts, list)
    return parts
