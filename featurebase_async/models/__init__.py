"""The shapes of the API: what calls return and take.

Models (what is read) ignore fields they don't know; a field that a response leaves out is `UNSET`, one that is null is
`None`. Inputs (what is written) send only what is given: left out is not sent, `None` is sent as null.

Each group of the API has a module of its own, loaded when one of its names is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featurebase_async.models._base import CustomFieldValue as CustomFieldValue
    from featurebase_async.models._base import Model as Model
    from featurebase_async.models._input import Input as Input
    from featurebase_async.models.api_specs import *
    from featurebase_async.models.audit_logs import *
    from featurebase_async.models.changelogs import *
    from featurebase_async.models.comments import *
    from featurebase_async.models.conversation_attributes import *
    from featurebase_async.models.conversation_inputs import *
    from featurebase_async.models.conversation_parts import *
    from featurebase_async.models.conversations import *
    from featurebase_async.models.csat import *
    from featurebase_async.models.help_center import *
    from featurebase_async.models.nested_rows import *
    from featurebase_async.models.organization import *
    from featurebase_async.models.post_voters import *
    from featurebase_async.models.posts import *
    from featurebase_async.models.redirect_rules import *
    from featurebase_async.models.report_queries import *
    from featurebase_async.models.reports import *
    from featurebase_async.models.rows import *
    from featurebase_async.models.search import *
    from featurebase_async.models.shared import *
    from featurebase_async.models.surveys import *
    from featurebase_async.models.tickets import *
    from featurebase_async.models.training import *
    from featurebase_async.models.users import *
    from featurebase_async.models.webhooks import *
else:
    from featurebase_async._exports import MODELS, lazy

    __all__, __getattr__, __dir__ = lazy(globals(), MODELS)
