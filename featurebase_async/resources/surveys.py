"""`client.surveys`: surveys and the responses to them.

Facts: https://docs.featurebase.app/rest-api/surveys
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models._base import known_values
from featurebase_async.models.surveys import Survey, SurveyPageType, SurveyResponse
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_choice, check_flag, check_text

__all__ = ["Surveys"]

_PATH = "/v2/surveys"
_survey = decoder_for(Survey)


class Surveys(Resource):
    """Surveys."""

    def list(
        self,
        *,
        type: SurveyPageType | UnsetType = UNSET,
        is_active: bool | UnsetType | None = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Survey]:
        """List surveys.

        Args:
            type: The kind of their pages. One of `text`, `link`, `rating`, `multiple-choice`.
            is_active: Those that run, or those that don't.
            page_size: Surveys on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_choice("type", type, known_values(SurveyPageType))
        check_flag("is_active", is_active, nullable=True)
        return self._list(
            "surveys.list", _PATH, Survey, {"type": type, "isActive": is_active},
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def retrieve(self, id: str, /) -> Survey:
        """Look up a survey with its pages and its targeting.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(Request(operation="surveys.retrieve", method="GET", path=path, decoder=_survey))

    def list_responses(
        self,
        id: str,
        /,
        *,
        page_id: str | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[SurveyResponse]:
        """List the responses to a survey; `user` is None where they are anonymous.

        Args:
            id: The id of the survey.
            page_id: The page of the survey whose responses are listed; left out, those to all pages.
            page_size: Responses on a page of this list, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        path = f"{_PATH}/{path_segment('id', id)}/responses"
        check_text("page_id", page_id)
        return self._list(
            "surveys.list_responses", path, SurveyResponse, {"pageId": page_id},
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip
