"""What Promo keeps. A module is a noun; what changes a row lives in `promo.services`."""

from promo.models.access import AccessNotice, Handshake
from promo.models.acts import EventAct
from promo.models.bulk_acts import BulkAct, BulkActReader, ReaderExport
from promo.models.calendar_addresses import CalendarAddress
from promo.models.campaigns import Campaign, CampaignItem, Timetable, TimetableStep
from promo.models.changes import FormerMarker, PostChange, TakeDown
from promo.models.destinations import Destination
from promo.models.evergreen import Anniversary, Remembrance, Showings
from promo.models.fair_shares import FairShare
from promo.models.figures import DeadMetric, PostFigures
from promo.models.fillings import Filling, Proof, Rhythm
from promo.models.halts import Halt
from promo.models.health import Heartbeat
from promo.models.imports import ReaderImport, RefusedRow
from promo.models.institution import Branch, ClosedDay, Institution, Partner
from promo.models.items import Approval, Item, ItemPhoto
from promo.models.levels import LevelGrant
from promo.models.limits import DomainHold, DomainLimit, DomainWord
from promo.models.mailings import (
    Acceptance,
    Batch,
    Delivery,
    DeliveryEvent,
    Mailing,
    Subject,
    UnknownPolicy,
)
from promo.models.newsletters import Issue, Newsletter
from promo.models.permissions import Grant
from promo.models.photos import Photo, PhotoRendition
from promo.models.publications import Attempt, Publication
from promo.models.returns import ReturnedMail, ReturnMailbox
from promo.models.segments import Segment
from promo.models.sources import Entry, Source
from promo.models.subscribers import (
    Consent,
    DataRequest,
    Preferences,
    Subscriber,
    Subscription,
    Suppression,
)
from promo.models.tracking import LinkVisit, TrackedLink, Tracking

__all__ = [
    "Acceptance",
    "AccessNotice",
    "Anniversary",
    "Approval",
    "Attempt",
    "Batch",
    "Branch",
    "BulkAct",
    "BulkActReader",
    "CalendarAddress",
    "Campaign",
    "CampaignItem",
    "ClosedDay",
    "Consent",
    "DataRequest",
    "DeadMetric",
    "Delivery",
    "DeliveryEvent",
    "Destination",
    "DomainHold",
    "DomainLimit",
    "DomainWord",
    "Entry",
    "EventAct",
    "FairShare",
    "Filling",
    "FormerMarker",
    "Grant",
    "Halt",
    "Handshake",
    "Heartbeat",
    "Institution",
    "Issue",
    "Item",
    "ItemPhoto",
    "LevelGrant",
    "LinkVisit",
    "Mailing",
    "Newsletter",
    "Partner",
    "Photo",
    "PhotoRendition",
    "PostChange",
    "PostFigures",
    "Preferences",
    "Proof",
    "Publication",
    "ReaderExport",
    "ReaderImport",
    "RefusedRow",
    "Remembrance",
    "ReturnMailbox",
    "ReturnedMail",
    "Rhythm",
    "Segment",
    "Showings",
    "Source",
    "Subject",
    "Subscriber",
    "Subscription",
    "Suppression",
    "TakeDown",
    "Timetable",
    "TimetableStep",
    "TrackedLink",
    "Tracking",
    "UnknownPolicy",
]
