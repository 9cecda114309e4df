"""What Promo keeps. A module is a noun; what changes a row lives in `promo.services`."""

from promo.models.campaigns import Campaign, CampaignItem, Timetable, TimetableStep
from promo.models.destinations import Destination
from promo.models.fillings import Filling, Proof, Rhythm
from promo.models.health import Heartbeat
from promo.models.imports import ReaderImport, RefusedRow
from promo.models.institution import Branch, ClosedDay, Institution, Partner
from promo.models.items import Approval, Item, ItemPhoto
from promo.models.mailings import Batch, Delivery, DeliveryEvent, Mailing, UnknownPolicy
from promo.models.newsletters import Issue, Newsletter
from promo.models.photos import Photo, PhotoRendition
from promo.models.publications import Attempt, Publication
from promo.models.returns import ReturnedMail, ReturnMailbox
from promo.models.sources import Entry, Source
from promo.models.subscribers import (
    Consent,
    Preferences,
    Subscriber,
    Subscription,
    Suppression,
)

__all__ = [
    "Approval",
    "Attempt",
    "Batch",
    "Branch",
    "Campaign",
    "CampaignItem",
    "ClosedDay",
    "Consent",
    "Delivery",
    "DeliveryEvent",
    "Destination",
    "Entry",
    "Filling",
    "Heartbeat",
    "Institution",
    "Issue",
    "Item",
    "ItemPhoto",
    "Mailing",
    "Newsletter",
    "Partner",
    "Photo",
    "PhotoRendition",
    "Preferences",
    "Proof",
    "Publication",
    "ReaderImport",
    "RefusedRow",
    "ReturnMailbox",
    "ReturnedMail",
    "Rhythm",
    "Source",
    "Subscriber",
    "Subscription",
    "Suppression",
    "Timetable",
    "TimetableStep",
    "UnknownPolicy",
]
