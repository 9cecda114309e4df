"""The planner: item, timetable, rules and now in; planned and dropped steps out. Pure."""

from promo.planning.calendar import polish_holidays
from promo.planning.closures import Closure
from promo.planning.consequences import (
    Consequence,
    Effect,
    Hold,
    Standing,
    fingerprint,
    stands_at,
    weigh,
)
from promo.planning.kinds import AUDIENCES, KINDS, Audience, Kind, Timing
from promo.planning.notation import Anchor, When, parse_step, print_step
from promo.planning.planner import Request, occupied_by, plan, plan_many
from promo.planning.reasons import Reason, ReasonCode, reason_text
from promo.planning.series import rule_parts
from promo.planning.shares import Share, branch_voice, partner_voice
from promo.planning.timetables import DEFAULT_TIMETABLES, Timetable, default_timetable
from promo.planning.values import (
    DEFAULT_CHANNEL_RULES,
    Altered,
    ChannelRules,
    Destination,
    Dropped,
    Need,
    Occupied,
    Plan,
    Planned,
    Rules,
    Step,
    Subject,
)

__all__ = [
    "AUDIENCES",
    "DEFAULT_CHANNEL_RULES",
    "DEFAULT_TIMETABLES",
    "KINDS",
    "Altered",
    "Anchor",
    "Audience",
    "ChannelRules",
    "Closure",
    "Consequence",
    "Destination",
    "Dropped",
    "Effect",
    "Hold",
    "Kind",
    "Need",
    "Occupied",
    "Plan",
    "Planned",
    "Reason",
    "ReasonCode",
    "Request",
    "Rules",
    "Share",
    "Standing",
    "Step",
    "Subject",
    "Timetable",
    "Timing",
    "When",
    "branch_voice",
    "default_timetable",
    "fingerprint",
    "occupied_by",
    "parse_step",
    "partner_voice",
    "plan",
    "plan_many",
    "polish_holidays",
    "print_step",
    "reason_text",
    "rule_parts",
    "stands_at",
    "weigh",
]
