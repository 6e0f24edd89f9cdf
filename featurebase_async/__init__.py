"""An async-first client of the Featurebase API: typed, paced below the rate limit, safe to retry.

    from featurebase_async import AsyncFeaturebase

    async with AsyncFeaturebase() as client:
        async for contact in client.users.contacts.list():
            print(contact.email)

Names are loaded when they are first used, so that importing the package costs next to nothing.

PYTEST_DONT_REWRITE: pytest, which imports the plugin of this package, does not warn if the package was imported before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msgspec import UNSET as UNSET
    from msgspec import UnsetType as UnsetType

    from featurebase_async import identity as identity
    from featurebase_async import models as models
    from featurebase_async import webhooks as webhooks
    from featurebase_async._version import __version__ as __version__
    from featurebase_async.budgets.file import *
    from featurebase_async.budgets.protocol import *
    from featurebase_async.budgets.redis import *
    from featurebase_async.bulk.report import *
    from featurebase_async.bulk.stream import *
    from featurebase_async.client import *
    from featurebase_async.client_pool import *
    from featurebase_async.errors import *
    from featurebase_async.files import *
    from featurebase_async.models import *
    from featurebase_async.observability import *
    from featurebase_async.options import *
    from featurebase_async.paging.merge import merge as merge
    from featurebase_async.paging.page import Page as Page
    from featurebase_async.paging.pager import Pager as Pager
    from featurebase_async.reconcile.plan import Change as Change
    from featurebase_async.reconcile.plan import FieldChange as FieldChange
    from featurebase_async.reconcile.plan import Plan as Plan
    from featurebase_async.resources.articles import ArticleSort as ArticleSort
    from featurebase_async.resources.changelogs import ChangelogFilter as ChangelogFilter
    from featurebase_async.resources.comments import (
        CommentOrder as CommentOrder,
    )
    from featurebase_async.resources.comments import (
        CommentPrivacy as CommentPrivacy,
    )
    from featurebase_async.resources.comments import (
        CommentSort as CommentSort,
    )
    from featurebase_async.resources.companies import CompanySort as CompanySort
    from featurebase_async.resources.contacts import ContactSort as ContactSort
    from featurebase_async.resources.conversations import (
        ConversationInclude as ConversationInclude,
    )
    from featurebase_async.resources.conversations import (
        ConversationSort as ConversationSort,
    )
    from featurebase_async.resources.posts import PostOrder as PostOrder
    from featurebase_async.resources.posts import PostSort as PostSort
    from featurebase_async.resources.tickets import TicketSort as TicketSort
    from featurebase_async.resources.webhooks import EnsuredWebhook as EnsuredWebhook
    from featurebase_async.transport import *
else:
    from featurebase_async._exports import MODELS, NAMES, lazy

    __all__, __getattr__, __dir__ = lazy(globals(), MODELS, NAMES)
