"""The plan of publications for a calendar program: whoever knows the address reads it."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import translation
from django.views.decorators.http import require_safe
from wagtail.users.models import UserProfile

from promo.public.feeds import given_tags
from promo.services import plan_feed
from promo.services.clock import database_now

MAX_AGE = 300


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    """The calendar in the language of its reader; 404 for an address that leads nowhere."""
    reader = plan_feed.reader_of(code)
    if reader is None:
        raise Http404
    language = UserProfile.get_for_user(reader).get_preferred_language()
    with translation.override(language):
        feed = plan_feed.read(now=database_now(), language=language)
        answer: HttpResponse = HttpResponseNotModified()
        if feed.tag not in given_tags(request):
            body = plan_feed.body(feed)
            answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
            answer["Content-Disposition"] = 'inline; filename="promo.ics"'
            answer["Content-Language"] = language
    answer["ETag"] = feed.tag
    answer["Cache-Control"] = f"private, max-age={MAX_AGE}"
    answer["X-Robots-Tag"] = "noindex"
    return answer
