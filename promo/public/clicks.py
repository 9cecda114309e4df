"""The short addresses in counted mails: on to where a link leads, or the picture of an opening."""

from __future__ import annotations

import re
from base64 import b64decode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from promo.public import visitors
from promo.services import visits
from promo.services.clock import database_now

# Programs that fetch links without a reader: crawlers, previews, libraries, and mail gateways where
# they say who they are. Google's and Yahoo's image proxies are not among them: they fetch a picture
# when somebody opens the mail.
MACHINES = re.compile(
    r"bot\b|crawl|spider|preview|scan|facebookexternalhit|whatsapp|headless|phantomjs"
    r"|curl|wget|python|httpx|aiohttp|urllib|libwww|go-http|okhttp|java/|axios|node-fetch|ruby"
    r"|barracuda|proofpoint|mimecast|safelinks|symantec|messagelabs|trendmicro|fireeye|trellix"
    r"|forcepoint|websense|zscaler|cloudmark|vade|ironport|sophos|fortinet|fortiguard|kaspersky"
    r"|bitdefender|eset\b|trustwave|checkpoint|virustotal|^$",
    re.IGNORECASE,
)
_PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A transparent GIF of one pixel."""


@require_safe
def follow(request: HttpRequest, key: str, code: str = "") -> HttpResponse:
    """On to the link's page; it works without a code too, and whatever the code is."""
    link = visits.link_of(key)
    if link is None:
        raise Http404
    if is_person(request):
        visits.note(
            link=link,
            code=code,
            client=visitors.public_address_of(request),
            agent=request.headers.get("User-Agent", ""),
            now=database_now(),
        )
    answer = (
        HttpResponseRedirect(link.url)
        if link.url
        else HttpResponse(_PIXEL, content_type="image/gif")
    )
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def is_person(request: HttpRequest) -> bool:
    """Does a person look, as far as one can tell from a single request?"""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    agent = request.headers.get("User-Agent", "")
    return request.method == "GET" and "prefetch" not in purpose and not MACHINES.search(agent)
