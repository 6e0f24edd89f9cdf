"""Help center collections, articles and redirect rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.state.collection import slug
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item


class HelpCenter:
    """What is special about the help center."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._events = workspace.events

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {"help_center.redirect_rules.retrieve_by_url": self._by_url}

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        articles = Rules(
            shape=self._shape_article,
            after_save=self._after_save_article,
            after_delete=self._after_delete_article,
            get=self._article,
        )
        return {
            "collections": Rules(shape=self._shape_collection),
            "articles": articles,
            "redirect_rules": Rules(shape=self._shape_rule),
        }

    # -- collections and articles ------------------------------------------------------------------------------------

    def _shape_collection(self, collection: Item, call: CheckedCall) -> None:
        parent = self._parent(call.body.get("parentId"))
        if not collection["helpCenterId"]:
            collection["helpCenterId"] = parent["helpCenterId"] if parent else self._default_center()
            collection["slug"] = slug(collection["name"])
        _translate(collection, call.body)

    def _shape_article(self, article: Item, call: CheckedCall) -> None:
        body = call.body
        parent = self._parent(body.get("parentId"))
        if not article["slug"]:
            center: str | None = body.get("helpCenterId")
            if center is not None and self._store.collections["help_centers"].find(center) is None:
                raise invalid("invalid_request", "No such help center", param="helpCenterId")
            if parent is not None and center not in (None, parent["helpCenterId"]):
                raise invalid("invalid_request", "The collection is of another help center", param="parentId")
            article["helpCenterId"] = parent["helpCenterId"] if parent else center or self._default_center()
            article["slug"] = slug(article["title"])
        if "authorId" in body:
            admin = self._store.collections["admins"].find(body["authorId"])
            if admin is None:
                raise invalid("invalid_request", "No such admin", param="authorId")
            article["author"] = {"name": admin["name"], "authorId": admin.id, "avatarUrl": admin["profilePicture"]}
        if "icon" in body and body["icon"] is not None:
            kind = "emoji" if body["icon"]["type"] == "emoji" else "custom"
            article["icon"] = {"type": kind, "value": body["icon"]["value"]}
        _translate(article, body)
        if article["state"] == "live":
            article.update(isPublished=True, publishedLocales=[article["locale"]], liveUpdatedAt=article["updatedAt"])
        else:
            article.update(isPublished=False, publishedLocales=[])

    def _parent(self, id: str | None) -> Item | None:
        parent = self._store.collections["collections"].find(id)
        if id is not None and parent is None:
            raise invalid("invalid_request", "No such collection", param="parentId")
        return parent

    def _default_center(self) -> str:
        return next(iter(self._store.collections["help_centers"])).id

    def _article(self, call: CheckedCall) -> Item:
        """Return an article; read as live, which is the default, one that is only a draft is not there."""
        articles = self._store.collections["articles"]
        article = articles.get(call.path["id"])
        only_live = call.incoming.method == "GET" and call.query.get("state", "live") != "draft"
        if only_live and article["state"] == "draft":
            raise articles.missing()
        return article

    def _after_save_article(self, article: Item, before: Item | None) -> None:
        self._events.audit("article.created" if before is None else "article.updated", article)
        was_live = before is not None and before["state"] == "live"
        if was_live != (article["state"] == "live"):
            self._events.audit("article.unpublished" if was_live else "article.published", article)

    def _after_delete_article(self, article: Item) -> None:
        self._events.audit("article.deleted", article)

    # -- redirect rules ----------------------------------------------------------------------------------------------

    def _shape_rule(self, rule: Item, _: CheckedCall) -> None:
        rule["fromUrl"] = canonical(rule["fromUrl"])
        center = self._store.collections["help_centers"].find(rule["helpCenterId"])
        domain = center.get("urls", {}).get("externalDomain") if center else None
        if domain is None or urlsplit(str(rule["fromUrl"])).netloc != domain:
            raise _broken("The host of fromUrl is not the custom domain of the help center")
        owners = self._store.collections["redirect_rules"].where("fromUrl", rule["fromUrl"])
        if any(owner.id != rule.id for owner in owners):
            raise _broken("Another rule owns this fromUrl")
        target = self._store.collections[f"{rule['targetType']}s"].find(rule["targetId"])
        if target is None or (rule["targetType"] == "article" and target["state"] != "live"):
            raise ApiError(400, "resource_not_found", "The target has no published translation", param="targetId")

    def _by_url(self, call: CheckedCall) -> Response:
        rules = self._store.collections["redirect_rules"]
        found = rules.where("fromUrl", canonical(call.query["url"]))
        if not found:
            raise rules.missing()
        return Response(found[0])


def canonical(url: str) -> str:
    """Return a source URL as rules keep it: no query, no fragment, host in lower case, no slash at the end."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _translate(item: Item, body: Mapping[str, Any]) -> None:
    given: dict[str, dict[str, str]] = body.get("translations", {})
    old = item["translations"]
    item["translations"] = {**old, **{locale: {**old.get(locale, {}), **texts} for locale, texts in given.items()}}
    item["availableLocales"] = list(dict.fromkeys([*item["availableLocales"], *given]))


def _broken(message: str) -> ApiError:
    return invalid("business_validation_error", message, param="fromUrl")
