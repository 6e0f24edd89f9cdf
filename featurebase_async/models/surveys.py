"""Surveys and their responses.

Facts: https://docs.featurebase.app/rest-api/surveys
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import UNSET, UnsetType

from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models.users import Contact

__all__ = [
    "Survey",
    "SurveyChoice",
    "SurveyCssTargeting",
    "SurveyLinkTarget",
    "SurveyMatchType",
    "SurveyNextAction",
    "SurveyNextActionType",
    "SurveyPage",
    "SurveyPageLogic",
    "SurveyPageSubType",
    "SurveyPageType",
    "SurveyResponse",
    "SurveySingleResponse",
    "SurveyTargeting",
    "SurveyUrlTargeting",
]

if TYPE_CHECKING:
    SurveyLinkTarget = Literal["_blank", "_self", "_parent", "_top"]
    SurveyMatchType = Literal["exact", "contains", "regex"]
    SurveyNextActionType = Literal["page", "end", "next"]
    SurveyPageSubType = Literal["number", "emoji", "generic", "featurebase-posts", "nps"]
    SurveyPageType = Literal["text", "link", "rating", "multiple-choice"]
else:
    SurveyLinkTarget = open_set("_blank", "_self", "_parent", "_top")
    SurveyMatchType = open_set("exact", "contains", "regex")
    SurveyNextActionType = open_set("page", "end", "next")
    SurveyPageSubType = open_set("number", "emoji", "generic", "featurebase-posts", "nps")
    SurveyPageType = open_set("text", "link", "rating", "multiple-choice")


class SurveyUrlTargeting(Model, kw_only=True):
    """An address on which a survey is shown."""

    value: str
    match_type: SurveyMatchType
    id: str | UnsetType = UNSET


class SurveyCssTargeting(Model, kw_only=True):
    """A CSS selector on which a survey is shown."""

    value: str


class SurveyTargeting(Model, kw_only=True):
    """Who gets to see a survey, and where."""

    segment_ids: list[str] | UnsetType = UNSET
    url: list[SurveyUrlTargeting] | UnsetType = UNSET
    css: list[SurveyCssTargeting] | UnsetType = UNSET
    login_required: bool | UnsetType = UNSET


class SurveyChoice(Model, kw_only=True):
    """An option to choose."""

    id: str
    choice: str | UnsetType = UNSET


class SurveyNextAction(Model, kw_only=True):
    """Where a survey goes on; `page_id` says it for the type `page`."""

    type: SurveyNextActionType
    page_id: str | UnsetType = UNSET


class SurveyPageLogic(Model, kw_only=True):
    """Where a survey goes on after a certain option was chosen."""

    id: str | UnsetType = UNSET
    comparator: str
    value: str | Number | list[str]
    next: SurveyNextAction


class SurveyPage(Model, kw_only=True):
    """A page of a survey: one question.

    Attributes:
        scale: How many steps a rating has.
        default_action: Where to go when no rule of `logic` applies.
    """

    id: str
    type: SurveyPageType
    title: str
    description: str | UnsetType = UNSET
    placeholder: str | UnsetType = UNSET
    link_button_text: str | UnsetType = UNSET
    link_redirect_url: str | UnsetType = UNSET
    link_target: SurveyLinkTarget | UnsetType = UNSET
    sub_type: SurveyPageSubType | UnsetType = UNSET
    scale: Number | UnsetType = UNSET
    low_label: str | UnsetType = UNSET
    high_label: str | UnsetType = UNSET
    allow_select_multiple: bool | UnsetType = UNSET
    choices: list[SurveyChoice] | UnsetType = UNSET
    logic: list[SurveyPageLogic] | UnsetType = UNSET
    default_action: SurveyNextAction | UnsetType = UNSET


class Survey(Model, kw_only=True):
    """A survey. It has no kind of its own; its pages have.

    Attributes:
        organization: The id of the organization.
        response_count: How many responses it has.
    """

    object: str
    id: str
    title: str
    description: str | UnsetType = UNSET
    is_active: bool
    organization: str
    response_count: Number
    targeting: SurveyTargeting | UnsetType = UNSET
    pages: list[SurveyPage]
    created_at: Timestamp
    updated_at: Timestamp


class SurveySingleResponse(Model, kw_only=True):
    """The response to one page."""

    page_id: str
    type: SurveyPageType
    value: str | Number | bool | list[str]
    id: str | UnsetType = UNSET
    created_at: Timestamp | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = UNSET


class SurveyResponse(Model, kw_only=True):
    """The response of one person; `user` is None if it is anonymous."""

    object: str
    id: str
    user: Contact | None
    responses: list[SurveySingleResponse]
    created_at: Timestamp
