"""Feeds over HTTP: strong ETag from type and bytes, 304 without a body, compressed on demand."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from promo.channels.website.feeds import etag
from promo.channels.website.filters import Chosen
from promo.models import Branch
from promo.planning.kinds import AUDIENCES, KINDS
from promo.services import pages
from promo.services.clock import database_now
from promo.services.facts import institution_facts

KNOWN_AUDIENCES = {audience.key for audience in AUDIENCES}
MAX_AGE = 300


@gzip_page
@require_safe
def feed(request: HttpRequest, file: str, by: str | None = None, value: str = "") -> HttpResponse:
    """A feed of everything, or of one kind, branch or audience."""
    chosen = Chosen(**{by: value}) if by else Chosen()
    _check(chosen)
    format_ = pages.FORMATS[file]
    body = pages.feed(format_=format_, chosen=chosen, path=request.path, now=database_now())
    return answer(request, body, format_, language=institution_facts().language)


def answer(
    request: HttpRequest, body: bytes, format_: pages.Format, *, language: str
) -> HttpResponse:
    """The feed in the type that the client shows best; 304 where it has this very answer."""
    media_type = _media_type(request, format_)
    tag = etag(media_type.encode() + b"\n" + body)
    if tag in given_tags(request):
        made: HttpResponse = HttpResponseNotModified()
    else:
        made = HttpResponse(body, content_type=f"{media_type}; charset=utf-8")
        # The style sheet of the feeds greets a person in the feed's language: RSS has no xml:lang.
        made["Content-Language"] = language
    made["ETag"] = tag
    made["Cache-Control"] = f"max-age={MAX_AGE}"
    patch_vary_headers(made, ["Accept", "Accept-Encoding"])
    return made


def _media_type(request: HttpRequest, format_: pages.Format) -> str:
    """Chromium shows the source of a feed's own type, and a page only where it is called XML."""
    named = {f"{type_.main_type}/{type_.sub_type}" for type_ in request.accepted_types}
    if "text/html" in named and format_.media_type not in named:
        return format_.browser_type or format_.media_type
    return format_.media_type


def given_tags(request: HttpRequest) -> set[str]:
    """The tags of the answers that the client has."""
    given = request.headers.get("If-None-Match", "")
    return {tag.strip().removeprefix("W/") for tag in given.split(",")}


def _check(chosen: Chosen) -> None:
    if chosen.kind and chosen.kind not in KINDS:
        raise Http404
    if chosen.audience and chosen.audience not in KNOWN_AUDIENCES:
        raise Http404
    if chosen.branch and not Branch.objects.filter(slug=chosen.branch).exists():
        raise Http404
