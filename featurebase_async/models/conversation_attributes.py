"""Definitions of the custom attributes of conversations.

Facts: https://docs.featurebase.app/rest-api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import UNSET, UnsetType

from featurebase_async.models._base import Model, Timestamp, open_set

__all__ = [
    "ConversationAttribute",
    "ConversationAttributeDataType",
    "ConversationAttributeOption",
    "ConversationAttributeSubType",
]

if TYPE_CHECKING:
    ConversationAttributeDataType = Literal["string", "number", "boolean", "date", "array", "object"]
    ConversationAttributeSubType = Literal["text", "number", "select", "multi-select", "checkbox", "date"]
else:
    ConversationAttributeDataType = open_set("string", "number", "boolean", "date", "array", "object")
    ConversationAttributeSubType = open_set("text", "number", "select", "multi-select", "checkbox", "date")


class ConversationAttributeOption(Model, kw_only=True):
    """A value to choose."""

    id: str | UnsetType = UNSET
    label: str


class ConversationAttribute(Model, kw_only=True):
    """The definition of a custom attribute of conversations.

    Attributes:
        id: The key under `custom_attributes` of a conversation.
        identifier: A second, internal name.
        options: The values to choose from, of select and multi-select.
    """

    object: str
    id: str
    identifier: str
    name: str
    data_type: ConversationAttributeDataType
    field_sub_type: ConversationAttributeSubType
    archived: bool
    options: list[ConversationAttributeOption] | UnsetType = UNSET
    created_at: Timestamp | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = UNSET
