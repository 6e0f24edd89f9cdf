"""Changelogs: publishing, and subscribers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.state.collection import slug
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

DEFAULT_LOCALE = "en"


class Changelogs:
    """What is special about changelogs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._events = workspace.events

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {
            "changelogs.subscribers.add": self._subscribe,
            "changelogs.subscribers.remove": self._unsubscribe,
            "changelogs.publish": self._publish,
            "changelogs.unpublish": self._unpublish,
            "outbound.changelogs.publish": self._publish_outbound,
            "outbound.validate": self._validate,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        rules = Rules(
            shape=self._shape,
            after_save=self._after_save,
            after_delete=self._after_delete,
            filter=_by_name,
            get=self._get,
        )
        return {"changelogs": rules}

    def _get(self, call: CheckedCall) -> Item:
        collections = self._store.collections["changelogs"]
        name = call.path["id"]
        return collections.find(name) or next(iter(collections.where("slug", name)), None) or collections.get(name)

    def _shape(self, changelog: Item, call: CheckedCall) -> None:
        body = call.body
        if "translations" in body and not call.version.translations:
            raise invalid("invalid_request", "Unrecognized key in body: 'translations'", param="translations")
        if not changelog["slug"]:
            self._begin(changelog, body)
        elif body.get("htmlContent") and body.get("markdownContent"):
            raise invalid("invalid_request", "Either htmlContent or markdownContent, not both", param="htmlContent")
        if body.get("markdownContent"):
            changelog["markdownContent"] = body["markdownContent"]
            changelog["content"] = f"<p>{escape(body['markdownContent'])}</p>"
        if body.get("htmlContent"):
            changelog["content"], changelog["markdownContent"] = body["htmlContent"], None
        for locale, texts in body.get("translations", {}).items():
            self._translate(changelog, locale, texts)
        if "categories" in body:
            changelog["categories"] = [self._category(name) for name in dict.fromkeys(body["categories"])]

    def _begin(self, changelog: Item, body: Mapping[str, Any]) -> None:
        if not body.get("htmlContent") and not body.get("markdownContent"):
            raise invalid("invalid_request", "One of htmlContent and markdownContent is required", param="htmlContent")
        changelog["slug"] = slug(changelog["title"])
        changelog["url"] = f"https://sandbox.featurebase.app/changelog/{changelog['slug']}"
        changelog["availableLocales"] = [changelog["locale"]]
        changelog["slugs"] = {changelog["locale"]: changelog["slug"]}
        if changelog["state"] == "live":
            _set_live(changelog, [changelog["locale"]])

    def _translate(self, changelog: Item, locale: str, texts: Mapping[str, str]) -> None:
        """Take in a locale; what its texts are shows nowhere, as nothing documented has them."""
        if texts.get("htmlContent") and texts.get("markdownContent"):
            raise invalid("invalid_request", "Either htmlContent or markdownContent, not both", param="translations")
        changelog["availableLocales"] = list(dict.fromkeys([*changelog["availableLocales"], locale]))
        changelog["slugs"][locale] = slug(texts.get("title", changelog["title"]))

    def _category(self, name: str) -> dict[str, Any]:
        changelogs = self._store.collections["changelogs"]
        known = (one for changelog in changelogs for one in changelog["categories"] if one["name"] == name)
        return next(known, None) or {"id": self._store.new_id(), "name": name, "roles": []}

    def _after_save(self, changelog: Item, before: Item | None) -> None:
        if before is None:
            self._events.audit("changelog.created", changelog)
            if changelog["isPublished"]:
                self._announce(changelog)

    def _after_delete(self, changelog: Item) -> None:
        self._events.audit("changelog.deleted", changelog)
        for comment in self._store.collections["comments"].where("changelogId", changelog.id):
            self._store.collections["comments"].remove(comment)

    def _announce(self, changelog: Item) -> None:
        self._events.audit("changelog.published", changelog)
        self._events.publish("changelog.published", changelog)

    def _publish(self, call: CheckedCall) -> Response:
        changelog = self._store.collections["changelogs"].get(call.path["id"])
        locales: list[str] = call.body.get("locales") or changelog["availableLocales"]
        scheduled = call.body.get("scheduledDate")
        if scheduled is not None:
            timestamp = normal_iso(scheduled)
            if timestamp <= self._workspace.now():
                raise invalid("invalid_request", "scheduledDate must lie in the future", param="scheduledDate")
            for locale in locales:
                changelog["notifications"].setdefault(locale, {})["scheduledDate"] = timestamp
            return self._published(call, changelog, "scheduled")
        _set_live(changelog, locales)
        for locale in locales:
            notice = changelog["notifications"].setdefault(locale, {})
            notice["scheduledDate"] = None
            if call.body.get("sendEmail"):
                notice["emailSent"] = notice["sendEmailNotification"] = changelog["emailSentToSubscribers"] = True
        changelog["updatedAt"] = self._workspace.now()
        self._announce(changelog)
        return self._published(call, changelog, "published")

    def _publish_outbound(self, call: CheckedCall) -> Response:
        self._publish(call)
        changelog = self._store.collections["changelogs"].get(call.path["id"])
        return Response(_with_outcome(call, changelog))

    def _validate(self, call: CheckedCall) -> Response:
        return Response({"object": "outbound_validation", "valid": bool(call.body), "errors": []})

    def _published(self, call: CheckedCall, changelog: Item, state: str) -> Response:
        if call.version.publication == "state":
            return Response({"success": True, "state": state})
        return Response(_with_outcome(call, changelog))

    def _unpublish(self, call: CheckedCall) -> Response:
        changelog = self._store.collections["changelogs"].get(call.path["id"])
        locales: list[str] = call.body.get("locales") or changelog["availableLocales"]
        left = [one for one in changelog["publishedLocales"] if one not in locales]
        changelog.update(publishedLocales=left, isPublished=bool(left), state="live" if left else "draft")
        for locale in locales:
            changelog["notifications"].setdefault(locale, {})["scheduledDate"] = None
        changelog["updatedAt"] = self._workspace.now()
        self._events.audit("changelog.unpublished", changelog)
        if call.version.publication == "state":
            return Response({"success": True, "state": "unpublished"})
        return Response(changelog)

    def _subscribe(self, call: CheckedCall) -> Response:
        emails = _addresses(call)
        for email in emails:
            self._store.subscribers[email] = call.body.get("locale", DEFAULT_LOCALE)
        return Response({"object": "changelog_subscribers_import", "count": len(emails)})

    def _unsubscribe(self, call: CheckedCall) -> Response:
        emails = _addresses(call)
        for email in emails:
            self._store.subscribers.pop(email, None)
        return Response({"object": "changelog_subscribers_removal", "count": len(emails)})


def _with_outcome(call: CheckedCall, changelog: Item) -> dict[str, Any]:
    """Return a changelog with what publishing says beside it."""
    sent = bool(call.body.get("sendEmail")) and call.body.get("scheduledDate") is None
    return {**changelog, "warnings": [], "emailSent": sent}


def _set_live(changelog: Item, locales: list[str]) -> None:
    published = list(dict.fromkeys([*changelog["publishedLocales"], *locales]))
    changelog.update(state="live", isPublished=True, publishedLocales=published)


def _addresses(call: CheckedCall) -> list[str]:
    return list(dict.fromkeys(email.strip().lower() for email in call.body["emails"]))


def _by_name(found: Iterable[Item], call: CheckedCall) -> Iterable[Item]:
    wanted = call.query.get("id")
    return [one for one in found if wanted is None or wanted in (one.id, one["slug"])]
