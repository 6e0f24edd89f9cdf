"""The calls of the help center: what they send, what they give, and what they refuse before sending."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import DeletedRedirectRule, Filter, InvalidRequestError, RedirectRule
from featurebase_async.models.help_center import (
    Article,
    ArticleIconInput,
    ArticleTranslationInput,
    Collection,
    CollectionIconInput,
    CollectionTranslationInput,
    DeletedArticle,
    DeletedCollection,
    HelpCenter,
)
from featurebase_async.resources.articles import Articles
from featurebase_async.resources.help_centers import HelpCenters
from featurebase_async.resources.help_collections import Collections
from featurebase_async.resources.redirect_rules import RedirectRules
from support.samples import help_center as samples
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "/v2/help_center"
TEXTS = {"en": {"title": "Cards", "body": "<p>All</p>"}, "de": {"title": "Karten"}}
RULE = {
    "help_center_id": "11",
    "locale": "en",
    "from_url": "https://help.acme.com/hc/cards",
    "target_type": "article",
    "target_id": "7",
}
RULE_SENT = {
    "helpCenterId": "11",
    "locale": "en",
    "fromUrl": "https://help.acme.com/hc/cards",
    "targetType": "article",
    "targetId": "7",
}

CALLS: list[tuple[Any, Any, Sent, type]] = [
    (
        lambda s: HelpCenters(s).retrieve("11"),
        samples.HELP_CENTER,
        Sent("help_center.help_centers.retrieve", "GET", f"{PATH}/help_centers/11"),
        HelpCenter,
    ),
    (
        lambda s: Collections(s).create(name="Billing"),
        samples.COLLECTION,
        Sent("help_center.collections.create", "POST", f"{PATH}/collections", {"name": "Billing"}, repeatable=False),
        Collection,
    ),
    (
        lambda s: Collections(s).create(
            name="Billing",
            description="Invoices",
            icon=CollectionIconInput(type="emoji", value="💳"),
            parent_id=None,
            translations={"de": CollectionTranslationInput(name="Abrechnung"), "pt-BR": {"description": "Faturas"}},
        ),
        samples.COLLECTION,
        Sent(
            "help_center.collections.create",
            "POST",
            f"{PATH}/collections",
            {
                "name": "Billing",
                "description": "Invoices",
                "icon": {"type": "emoji", "value": "💳"},
                "parentId": None,
                "translations": {"de": {"name": "Abrechnung"}, "pt-BR": {"description": "Faturas"}},
            },
            repeatable=False,
        ),
        Collection,
    ),
    (
        lambda s: Collections(s).retrieve("c1"),
        samples.COLLECTION,
        Sent("help_center.collections.retrieve", "GET", f"{PATH}/collections/c1"),
        Collection,
    ),
    (
        lambda s: Collections(s).update("c1", parent_id=None, icon=None, name="Bills"),
        samples.COLLECTION,
        Sent(
            "help_center.collections.update",
            "PATCH",
            f"{PATH}/collections/c1",
            {"name": "Bills", "icon": None, "parentId": None},
        ),
        Collection,
    ),
    (
        lambda s: Collections(s).delete("c1"),
        samples.DELETED_COLLECTION,
        Sent("help_center.collections.delete", "DELETE", f"{PATH}/collections/c1"),
        DeletedCollection,
    ),
    (
        lambda s: Articles(s).create(title="Cards"),
        samples.ARTICLE,
        Sent("help_center.articles.create", "POST", f"{PATH}/articles", {"title": "Cards"}, repeatable=False),
        Article,
    ),
    (
        lambda s: Articles(s).create(
            title="Cards",
            description="How to pay",
            body="# Cards",
            formatter="ai",
            parent_id="c1",
            help_center_id="11",
            icon={"type": "predefined", "value": "card"},
            state="live",
            translations=TEXTS,
        ),
        samples.ARTICLE,
        Sent(
            "help_center.articles.create",
            "POST",
            f"{PATH}/articles",
            {
                "title": "Cards",
                "description": "How to pay",
                "body": "# Cards",
                "formatter": "ai",
                "parentId": "c1",
                "helpCenterId": "11",
                "icon": {"value": "card", "type": "predefined"},
                "state": "live",
                "translations": TEXTS,
            },
            repeatable=False,
        ),
        Article,
    ),
    (
        lambda s: Articles(s).retrieve("7"),
        samples.ARTICLE,
        Sent("help_center.articles.retrieve", "GET", f"{PATH}/articles/7"),
        Article,
    ),
    (
        lambda s: Articles(s).retrieve("7", state="draft"),
        samples.ARTICLE,
        Sent("help_center.articles.retrieve", "GET", f"{PATH}/articles/7?state=draft"),
        Article,
    ),
    (
        lambda s: Articles(s).update(
            "7",
            title="Cards",
            icon=ArticleIconInput(type="emoji", value="💳"),
            parent_id=None,
            author_id="a1",
            state="live",
            translations={"de": ArticleTranslationInput(body="<p>Alle</p>")},
        ),
        samples.ARTICLE,
        Sent(
            "help_center.articles.update",
            "PATCH",
            f"{PATH}/articles/7",
            {
                "title": "Cards",
                "icon": {"value": "💳", "type": "emoji"},
                "parentId": None,
                "authorId": "a1",
                "state": "live",
                "translations": {"de": {"body": "<p>Alle</p>"}},
            },
        ),
        Article,
    ),
    (
        lambda s: Articles(s).delete("7"),
        samples.DELETED_ARTICLE,
        Sent("help_center.articles.delete", "DELETE", f"{PATH}/articles/7"),
        DeletedArticle,
    ),
    (
        lambda s: RedirectRules(s).create(**RULE),
        samples.REDIRECT_RULE,
        Sent("help_center.redirect_rules.create", "POST", f"{PATH}/redirect_rules", RULE_SENT, repeatable=False),
        RedirectRule,
    ),
    (
        lambda s: RedirectRules(s).retrieve_by_url(url="https://Help.acme.com/hc/cards?a=1&b=ü#top"),
        samples.REDIRECT_RULE,
        Sent(
            "help_center.redirect_rules.retrieve_by_url",
            "GET",
            f"{PATH}/redirect_rules/by-url?url=https%3A%2F%2FHelp.acme.com%2Fhc%2Fcards%3Fa%3D1%26b%3D%C3%BC%23top",
        ),
        RedirectRule,
    ),
    (
        lambda s: RedirectRules(s).retrieve("507f"),
        samples.REDIRECT_RULE,
        Sent("help_center.redirect_rules.retrieve", "GET", f"{PATH}/redirect_rules/507f"),
        RedirectRule,
    ),
    (
        lambda s: RedirectRules(s).update("507f", **RULE),
        samples.REDIRECT_RULE,
        Sent("help_center.redirect_rules.update", "PATCH", f"{PATH}/redirect_rules/507f", RULE_SENT),
        RedirectRule,
    ),
    (
        lambda s: RedirectRules(s).update("507f", locale="zh-CN"),
        samples.REDIRECT_RULE,
        Sent("help_center.redirect_rules.update", "PATCH", f"{PATH}/redirect_rules/507f", {"locale": "zh-CN"}),
        RedirectRule,
    ),
    (
        lambda s: RedirectRules(s).delete("507f"),
        samples.DELETED_REDIRECT_RULE,
        Sent("help_center.redirect_rules.delete", "DELETE", f"{PATH}/redirect_rules/507f"),
        DeletedRedirectRule,
    ),
]

LISTS: list[tuple[Any, Any, Sent, type]] = [
    (
        lambda s: HelpCenters(s).list(page_size=5),
        samples.HELP_CENTER,
        Sent("help_center.help_centers.list", "GET", f"{PATH}/help_centers?limit=5"),
        HelpCenter,
    ),
    (
        lambda s: Collections(s).list(help_center_id="11", start="abc"),
        samples.COLLECTION,
        Sent("help_center.collections.list", "GET", f"{PATH}/collections?helpCenterId=11&limit=100&cursor=abc"),
        Collection,
    ),
    (
        lambda s: Articles(s).list(),
        samples.ARTICLE,
        Sent("help_center.articles.list", "GET", f"{PATH}/articles?limit=100"),
        Article,
    ),
    (
        lambda s: Articles(s).list(state="all", parent_id="c1", help_center_id="11", page_size=1),
        samples.ARTICLE,
        Sent("help_center.articles.list", "GET", f"{PATH}/articles?state=all&parentId=c1&helpCenterId=11&limit=1"),
        Article,
    ),
    (
        lambda s: RedirectRules(s).list(help_center_id="11", locale="pt-BR", target_type="collection"),
        samples.REDIRECT_RULE,
        Sent(
            "help_center.redirect_rules.list",
            "GET",
            f"{PATH}/redirect_rules?helpCenterId=11&locale=pt-BR&targetType=collection&limit=100",
        ),
        RedirectRule,
    ),
]

REFUSED: list[tuple[Any, str]] = [
    (lambda s: HelpCenters(s).retrieve("a" * 17), "id"),
    (lambda s: HelpCenters(s).retrieve("a-b"), "id"),
    (lambda s: HelpCenters(s).retrieve("ärger"), "id"),
    (lambda s: Collections(s).retrieve(""), "id"),
    (lambda s: Collections(s).delete("a/b"), "id"),
    (lambda s: Collections(s).list(help_center_id="a-b"), "help_center_id"),
    (lambda s: Collections(s).create(name="n" * 256), "name"),
    (lambda s: Collections(s).create(name="n", description="d" * 513), "description"),
    (lambda s: Collections(s).create(name="n", icon={"type": "url", "value": "x"}), "icon.type"),
    (lambda s: Collections(s).create(name="n", icon={"type": "emoji", "value": "x" * 256}), "icon.value"),
    (lambda s: Collections(s).create(name="n", icon={"type": "emoji"}), "icon.value"),
    (lambda s: Collections(s).create(name="n", icon="💳"), "icon"),
    (lambda s: Collections(s).create(name="n", translations={"en-US": {}}), "translations"),
    (lambda s: Collections(s).create(name="n", translations={"en": {"title": "x"}}), "translations.en.title"),
    (lambda s: Collections(s).create(name="n", translations={"en": "x"}), "translations.en"),
    (lambda s: Collections(s).create(name="n", translations=["en"]), "translations"),
    (lambda s: Collections(s).update("c1", name="n" * 256), "name"),
    (lambda s: Articles(s).list(state="published"), "state"),
    (lambda s: Articles(s).list(parent_id="a-b"), "parent_id"),
    (lambda s: Articles(s).list(help_center_id=""), "help_center_id"),
    (lambda s: Articles(s).retrieve("7", state="all"), "state"),
    (lambda s: Articles(s).create(title="t" * 513), "title"),
    (lambda s: Articles(s).create(title="t", parent_id="a-b"), "parent_id"),
    (lambda s: Articles(s).create(title="t", parent_id="a" * 17), "parent_id"),
    (lambda s: Articles(s).create(title="t", state="all"), "state"),
    (lambda s: Articles(s).create(title="t", formatter="markdown"), "formatter"),
    (lambda s: Articles(s).update("7", description="d" * 513), "description"),
    (lambda s: Articles(s).update("7", icon={"type": "custom", "value": "x"}), "icon.type"),
    (lambda s: Articles(s).search(search=""), "search"),
    (lambda s: Articles(s).search(search="s" * 501), "search"),
    (lambda s: Articles(s).search(sort="createdAt:desc"), "sort"),
    (lambda s: Articles(s).search(query=Filter("title") == "Cards"), "query"),
    (lambda s: Articles(s).search(query=Filter("slug") > 3), "query"),
    (lambda s: Articles(s).search(query=Filter("state") == "all"), "query"),
    (lambda s: RedirectRules(s).list(locale="en-US"), "locale"),
    (lambda s: RedirectRules(s).list(target_type="page"), "target_type"),
    (lambda s: RedirectRules(s).list(help_center_id="a-b"), "help_center_id"),
    (lambda s: RedirectRules(s).create(**{**RULE, "locale": "en-US"}), "locale"),
    (lambda s: RedirectRules(s).create(**{**RULE, "target_id": ""}), "target_id"),
    (lambda s: RedirectRules(s).create(**{**RULE, "target_type": "page"}), "target_type"),
    (lambda s: RedirectRules(s).create(**{**RULE, "from_url": "/hc/cards"}), "from_url"),
    (lambda s: RedirectRules(s).update("507f", from_url="https://a/" + "b" * 2039), "from_url"),
    (lambda s: RedirectRules(s).retrieve_by_url(url="https://a/" + "b" * 2039), "url"),
    (lambda s: RedirectRules(s).retrieve_by_url(url="help.acme.com/hc"), "url"),
    (lambda s: RedirectRules(s).retrieve_by_url(url=""), "url"),
    (lambda s: RedirectRules(s).retrieve_by_url(url=None), "url"),
    (lambda s: RedirectRules(s).retrieve(""), "id"),
]


@pytest.mark.parametrize(("call", "response", "sent", "kind"), CALLS)
async def test_calls(call: "Callable[[Any], Any]", response: Any, sent: Sent, kind: type) -> None:
    async with Wire(response) as wire:
        assert type(await call(wire.sender)) is kind
        assert wire.sent == [sent]
        assert wire.drift == 0


@pytest.mark.parametrize(("call", "item", "sent", "kind"), LISTS)
async def test_lists(call: "Callable[[Any], Any]", item: Any, sent: Sent, kind: type) -> None:
    async with Wire({"object": "list", "data": [item, item], "nextCursor": None}) as wire:
        assert [type(found) for found in await call(wire.sender).collect()] == [kind, kind]
        assert wire.sent == [sent]


@pytest.mark.parametrize(("call", "param"), REFUSED)
async def test_what_can_not_be_right_is_refused_before_sending(call: "Callable[[Any], Any]", param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            await call(wire.sender)
        assert caught.value.param == param
        assert param in str(caught.value)


async def test_texts_of_refusals_say_what_may_be() -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError, match="target_id may hold letters and digits only"):
            await RedirectRules(wire.sender).update("507f", target_id="a-b")
        with pytest.raises(InvalidRequestError, match="from_url must be an absolute http or https address"):
            await RedirectRules(wire.sender).update("507f", from_url="ftp://a")
        with pytest.raises(InvalidRequestError, match="translations must be one of bn, bs, pt-BR"):
            await Articles(wire.sender).update("7", translations={"en-US": {}})  # type: ignore[dict-item]
        with pytest.raises(InvalidRequestError, match="did you mean title"):
            await Articles(wire.sender).update("7", translations={"en": {"titel": "x"}})
        with pytest.raises(InvalidRequestError, match="use search="):
            Articles(wire.sender).search(query=Filter("body") == "x")


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({}, {}),
        (
            {"search": "single sign-on", "query": Filter("state") == "live", "page_size": 5},
            {"query": {"field": "state", "operator": "=", "value": "live"}, "search": "single sign-on", "limit": 5},
        ),
        (
            {
                "query": (Filter("help_center_id").one_of(["11"]))
                & (Filter("created_at") >= datetime(2026, 1, 1, tzinfo=UTC))
                & (Filter("updated_at") <= 1_800_000_000),
                "sort": "updated_at:asc",
            },
            {
                "query": {
                    "operator": "AND",
                    "value": [
                        {"field": "help_center_id", "operator": "IN", "value": ["11"]},
                        {"field": "created_at", "operator": ">=", "value": 1_767_225_600},
                        {"field": "updated_at", "operator": "<=", "value": 1_800_000_000},
                    ],
                },
                "sort": "updated_at:asc",
            },
        ),
        ({"query": Filter("slug") != "old"}, {"query": {"field": "slug", "operator": "!=", "value": "old"}}),
    ],
    ids=["nothing", "text and filter", "several clauses in snake_case", "exclusion alone"],
)
async def test_articles_are_searched_by_fields_and_text(given: dict[str, Any], body: dict[str, Any]) -> None:
    pages = [
        {"object": "list", "data": [samples.ARTICLE], "nextCursor": "n1", "totalCount": 200, "totalCountCapped": True},
        {"object": "list", "data": [samples.ARTICLE], "nextCursor": None},
    ]
    async with Wire(*pages) as wire:
        found = [page async for page in Articles(wire.sender).search(**given).pages()]
        assert [len(page.data) for page in found] == [1, 1]
        assert (found[0].total_count, found[0].total_count_capped) == (200, True)
        first = {"limit": 100, **body}
        assert [sent.body for sent in wire.sent] == [first, {**first, "cursor": "n1"}]
        assert {sent.target for sent in wire.sent} == {f"{PATH}/articles/search"}
        assert {(sent.operation, sent.method) for sent in wire.sent} == {("help_center.articles.search", "POST")}
