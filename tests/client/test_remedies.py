"""What users type most often wrongly, by habit of other libraries, and that the error says what to use."""

from collections.abc import Callable
from typing import Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    CompanyInput,
    ConfigurationError,
    ContactInput,
    Filter,
    InvalidRequestError,
    Pager,
    Timeout,
)

Wrong = Callable[[AsyncFeaturebase], object]


def each(pager: Any) -> None:
    for _ in pager:
        pass


async def wait(pager: Pager[Any]) -> None:
    await pager  # type: ignore[misc]


def contact(**company: object) -> bytes:
    return ContactInput(email="ada@example.com", companies=[{"name": "A", **company}]).to_json()


def asked(client: AsyncFeaturebase, field: str, operator: str, value: object) -> object:
    return client.users.contacts.search(query={"field": field, "operator": operator, "value": value})


TREE: list[tuple[Wrong, str]] = [
    (lambda client: client.contacts, "use client.users.contacts"),
    (lambda client: client.companies, "use client.users.companies"),
    (lambda client: client.posts, "use client.feedback.posts"),
    (lambda client: client.boards, "use client.feedback.boards"),
    (lambda client: client.comments, "use client.feedback.comments"),
    (lambda client: client.tickets, "use client.support.tickets"),
    (lambda client: client.conversations, "use client.support.conversations"),
    (lambda client: client.articles, "use client.help_center.articles"),
    (lambda client: client.admins, "use client.organization.admins"),
    (lambda client: client.changelog, "use client.changelogs"),
    (lambda client: client.users.posts, "use client.feedback.posts"),
    (lambda client: client.users.contact, "use client.users.contacts"),
    (lambda client: client.feedback.voters, "use client.feedback.posts.voters"),
    (lambda client: client.close, r"use await client.aclose\(\)"),
    (lambda client: client.get, r"use await client.request\('GET'"),
    (lambda client: client.nonsense, "^'AsyncFeaturebase' object has no attribute 'nonsense'$"),
    (lambda client: client.users._repr_html_, "^'Users' object has no attribute '_repr_html_'$"),
    (lambda client: client.users.contacts.get("1"), r"use retrieve\("),
    (lambda client: client.users.contacts.create(email="a@b.c"), r"use create_or_update\("),
    (lambda client: client.users.contacts.update("1", name="A"), r"use create_or_update\("),
    (lambda client: client.users.contacts.upsert(email="a@b.c"), r"use create_or_update\("),
    (lambda client: client.users.contacts.find(email="a@b.c"), r"use search\("),
    (lambda client: client.users.contacts.remove("1"), r"use delete\("),
    (lambda client: client.feedback.boards.all(), r"use list\("),
    (lambda client: client.users.contacts.createOrUpdate(email="a@b.c"), r"use create_or_update\(\.\.\.\)$"),
    (lambda client: client.users.contacts.listAll(), r"use list\("),
    (lambda client: client.users.contacts.delet("1"), r"did you mean delete\?$"),
    (lambda client: client.users.contacts.upsertMany([]), r"use upsert_many\("),
    (lambda client: client.users.contacts.get_by_user_id("1"), r"use by_user_id$"),
    (lambda client: client.users.contacts.byUserId, r"use by_user_id$"),
    (lambda client: client.users.contacts._delete, "^'Contacts' object has no attribute '_delete'$"),
    *(
        (
            lambda client, name=name: getattr(client.users.contacts.list(), name),
            rf"'{name}'; use await pager.collect\(\)",
        )
        for name in ("data", "all", "to_list", "limit")
    ),
    *(
        (
            lambda client, name=name: getattr(client.users.contacts.list(), name),
            rf"'{name}'; use async for page in pager",
        )
        for name in ("next_page", "has_more")
    ),
    (lambda client: client.users.contacts.list().auto_paging_iter(), "use async for item in pager$"),
    (lambda client: client.users.contacts.list().nonsense, "^'Pager' object has no attribute 'nonsense'$"),
    (lambda client: client.feedback.posts.upsert(), "^'Posts' object has no attribute 'upsert'$"),
]
ARGUMENTS: list[tuple[Wrong, str]] = [
    (lambda client: client.users.contacts.list(limit=5), r"'limit'; page_size=... sets .* pager.collect\(max="),
    (lambda client: client.feedback.posts.list(cursor="c"), "'cursor'; start=... takes a cursor"),
    (lambda client: client.feedback.posts.search(limit=5), "'limit'; page_size="),
    (lambda client: client.users.companies.list(page=2), "'page'; pages are counted by cursors"),
    (lambda client: client.users.contacts.list(pagesize=5), r"did you mean page_size\?"),
    (lambda client: client.users.contacts.list(email="a@b.c"), r"search\(query=Filter\('email'\) == ...\)"),
    (lambda client: client.audit_logs.list(user="u"), "'user'; it takes action, domain,"),
    (lambda client: each(client.users.contacts.list()), "async for"),
    (lambda client: client.users.contacts.list()[0], r"has no positions; use .*await pager.first\(\)"),
    (lambda client: each(client.feedback.boards.list()), r"use 'for item in await ...list\(\)'"),
    (lambda client: aiter(client.organization.admins.list_roles()), r"'for item in await ...list_roles\(\)'"),
    (lambda client: client.feedback.boards.list(limit=5), "'limit'; it gives the whole list in one response"),
    (lambda client: client.feedback.boards.list(name="A"), "'name'; it takes none"),
    (lambda client: client.support.conversation_tags.list(nme="A"), "no argument 'nme'"),
]
INPUTS: list[tuple[Wrong, str]] = [
    (lambda client: contact(company_id="c1"), r"no companies\[0\].company_id; did you mean id\?"),
    (lambda client: contact(id="c1", monthlySpend=5), r"companies\[0\].monthlySpend; did you mean monthly_spend\?"),
    (lambda client: CompanyInput.from_mapping({"id": "c1", "name": "A"}), r"no id; did you mean company_id\?"),
    (lambda client: ContactInput.from_mapping({"id": "u1", "name": "A"}), r"no id; did you mean user_id\?"),
    (lambda client: ContactInput.from_mapping({"userId": "u1"}), r"no userId; did you mean user_id\?"),
    (lambda client: ContactInput.from_mapping({"emial": "a@b.c"}), r"no emial; did you mean email\?"),
    (lambda client: ContactInput.from_mapping({"zzz": 1}), "no zzz; there are email, name,"),
    (lambda client: asked(client, "email", "==", "a@b.c"), r"can't be asked with == \(did you mean =\?\)"),
    (lambda client: asked(client, "email", "in", ["a@b.c"]), r"can't be asked with in \(did you mean IN\?\)"),
    (lambda client: asked(client, "email", "not in", ["a@b.c"]), r"not in \(did you mean NIN\?\)"),
    (lambda client: asked(client, "name", "contains", "A"), r"contains \(did you mean ~\?\)"),
    (lambda client: asked(client, "posts_created", ">=", 2), "can't be asked with >= .it takes != < = >"),
    (lambda client: client.users.contacts.search(query=Filter("user_id") == "1"), "external_id"),
]
OPTIONS: list[tuple[Wrong, str]] = [
    (lambda client: AsyncFeaturebase("Bearer sk_key"), "begins with 'Bearer '"),
    (lambda client: AsyncFeaturebase("sk_key", base_url="https://do.featurebase.app/v2"), "must not end in /v2"),
    (lambda client: AsyncFeaturebase("sk_key", timeout=0), "timeout must be a number of seconds above 0, not 0"),
    (lambda client: AsyncFeaturebase("sk_key", timeout=Timeout(total=-1)), "timeout.total must be a number"),
    (lambda client: AsyncFeaturebase("sk_key", pacing=True), "pacing must be a Pacing, or False"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(
    ("kind", "wrong", "text"),
    [
        *((AttributeError, *case) for case in TREE),
        *((TypeError, *case) for case in ARGUMENTS),
        *((InvalidRequestError, *case) for case in INPUTS),
        *((ConfigurationError, *case) for case in OPTIONS),
    ],
)
def test_a_remedy(kind: type[Exception], wrong: Wrong, text: str) -> None:
    with pytest.raises(kind, match=text):
        wrong(AsyncFeaturebase("sk_key"))


async def test_a_pager_is_not_awaited() -> None:
    with pytest.raises(TypeError, match="not awaited"):
        await wait(AsyncFeaturebase("sk_key").users.contacts.list())
