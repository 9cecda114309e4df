"""Where networks tell of posts by themselves: /hooks/facebook_page/<app ID>/.

Answered at once: two reads and one update, no call to anybody. What follows from it, and what does
not, stands in `promo.services.hearing`.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from promo.public.strangers import bounded
from promo.services import hearing
from promo.services.clock import database_now

LARGEST = 2**20
"""Octets in one request; a larger one is refused, and what it would have told is seen later."""


@require_http_methods(["GET", "POST"])
def _hear(request: HttpRequest, channel: str, speaker: str) -> HttpResponse:
    rows = hearing.listening(channel=channel, speaker=speaker)
    if not rows:
        raise Http404
    if request.method == "GET":
        query = request.GET.dict()
        answer = hearing.challenge(channel=channel, speaker=speaker, query=query)
        return _plain(answer, status=200 if answer else 403)
    proved = hearing.proved(rows, body=request.body, headers=request.headers)
    if not proved:
        return _plain("", status=403)
    hearing.note(proved, body=request.body, now=database_now())
    return _plain("", status=200)


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")


hear = bounded(_hear, most=LARGEST)
