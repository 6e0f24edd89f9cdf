"""`client.help_center.redirect_rules`: where old addresses lead to.

Facts: https://docs.featurebase.app/rest-api/help-centers
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, encode_query, path_segment
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import known_values
from featurebase_async.models.redirect_rules import (
    CreateRedirectRuleInput,
    DeletedRedirectRule,
    RedirectRule,
    RedirectTargetType,
    UpdateRedirectRuleInput,
)
from featurebase_async.models.shared import Locale
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_choice, check_short_id, check_text

__all__ = ["RedirectRules"]

_PATH = "/v2/help_center/redirect_rules"
_rule = decoder_for(RedirectRule)
_deleted = decoder_for(DeletedRedirectRule)


class RedirectRules(Resource):
    """Rules that send visitors of old addresses to articles and collections, where there is a custom domain."""

    def list(
        self,
        *,
        help_center_id: str | UnsetType = UNSET,
        locale: Locale | UnsetType = UNSET,
        target_type: RedirectTargetType | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[RedirectRule]:
        """List redirect rules.

        Args:
            help_center_id: The help center that they lead to; left out, those of all come.
            locale: The translation that they lead to. See `Locale` for the values.
            target_type: What they lead to. One of `article`, `collection`.
            page_size: Rules on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_short_id("help_center_id", help_center_id)
        check_choice("locale", locale, known_values(Locale))
        check_choice("target_type", target_type, known_values(RedirectTargetType))
        return self._list(
            "help_center.redirect_rules.list", _PATH, RedirectRule,
            {"helpCenterId": help_center_id, "locale": locale, "targetType": target_type},
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def create(
        self, *, help_center_id: str, locale: Locale, from_url: str, target_type: RedirectTargetType, target_id: str
    ) -> RedirectRule:
        """Create a redirect rule.

        A retry would be refused as taken, so it is not retried when its response is lost.

        Args:
            help_center_id: The short id of a help center with a custom domain.
            locale: The translation of the target to lead to. See `Locale` for the values.
            from_url: The old address on the custom domain: absolute, up to 2048 characters. Query, fragment and
                trailing slashes are dropped, the host comes in lower case.
            target_type: What it leads to. One of `article`, `collection`.
            target_id: The short id of what it leads to; it must be published in this locale.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            BadRequestError: The address is on another domain or taken (`business_validation_error`), or there is no
                such target (`resource_not_found`).
            OutcomeUnknownError: The response was lost.
        """
        rule = CreateRedirectRuleInput(
            help_center_id=help_center_id,
            locale=locale,
            from_url=from_url,
            target_type=target_type,
            target_id=target_id,
        )
        return await self._sender.send(
            Request(
                operation="help_center.redirect_rules.create",
                method="POST",
                path=_PATH,
                decoder=_rule,
                body=rule.to_json(),
                repeatable=False,
            )
        )

    async def retrieve_by_url(self, *, url: str) -> RedirectRule:
        """Look up the rule for an old address.

        Args:
            url: Absolute, up to 2048 characters. It finds the rule however query, fragment, trailing slashes and the
                host's case are.

        Raises:
            InvalidRequestError: The address is too long, or not an absolute http or https address.
            NotFoundError: There is no rule for it.
        """
        check_text("url", url, min_length=1, max_length=2048)
        if not url.startswith(("http://", "https://")):
            raise InvalidRequestError("url must be an absolute http or https address", param="url")
        return await self._sender.send(
            Request(
                operation="help_center.redirect_rules.retrieve_by_url",
                method="GET",
                path=f"{_PATH}/by-url",
                decoder=_rule,
                query=encode_query({"url": url}),
            )
        )

    async def retrieve(self, id: str, /) -> RedirectRule:
        """Look up a redirect rule by its id.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="help_center.redirect_rules.retrieve", method="GET", path=path, decoder=_rule)
        )

    async def update(
        self,
        id: str,
        /,
        *,
        help_center_id: str | UnsetType = UNSET,
        locale: Locale | UnsetType = UNSET,
        from_url: str | UnsetType = UNSET,
        target_type: RedirectTargetType | UnsetType = UNSET,
        target_id: str | UnsetType = UNSET,
    ) -> RedirectRule:
        """Change a redirect rule; what is left out stays as it is.

        Args:
            id: The id of the rule.
            help_center_id: The short id of a help center with a custom domain.
            locale: The translation of the target to lead to. See `Locale` for the values.
            from_url: The old address on the custom domain: absolute, up to 2048 characters.
            target_type: What it leads to. One of `article`, `collection`.
            target_id: The short id of what it leads to; it must be published in this locale.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            BadRequestError: The address is on another domain or taken (`business_validation_error`), or there is no
                such target (`resource_not_found`).
            NotFoundError: There is no such rule.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        change = UpdateRedirectRuleInput(
            help_center_id=help_center_id,
            locale=locale,
            from_url=from_url,
            target_type=target_type,
            target_id=target_id,
        )
        return await self._sender.send(
            Request(
                operation="help_center.redirect_rules.update",
                method="PATCH",
                path=path,
                decoder=_rule,
                body=change.to_json(),
            )
        )

    async def delete(self, id: str, /) -> DeletedRedirectRule:
        """Delete a redirect rule.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="help_center.redirect_rules.delete", method="DELETE", path=path, decoder=_deleted)
        )
