"""The public addresses. They stay what they are: feeds, mails and posts point at them."""

from django.urls import path, re_path

from promo.public import feeds, pages, proofs, readers

urlpatterns = [
    path("", pages.agenda, name="agenda"),
    path("items/<uuid:uuid>/", pages.item, name="item"),
    path("items/<uuid:uuid>/calendar.ics", pages.item_calendar, name="item_calendar"),
    path("items/<uuid:uuid>/<slug:slug>/", pages.item, name="item_slug"),
    path("w/<str:marker>", pages.marker, name="marker"),
    path("healthz", pages.healthz, name="healthz"),
    path("calendar.ics", feeds.feed, {"file": "calendar.ics"}, name="calendar_feed"),
    re_path(
        r"^feeds/(?:(?P<by>kind|branch|audience)/(?P<value>[\w-]+)/)?"
        r"(?P<file>rss\.xml|atom\.xml|feed\.json|calendar\.ics)$",
        feeds.feed,
        name="feed",
    ),
    path("newsletter/", readers.sign_up, name="sign_up"),
    path("confirm/<str:code>/", readers.confirm, name="confirm"),
    path("preferences/<str:code>/", readers.preferences, name="preferences"),
    path("unsubscribe/<str:code>/", readers.unsubscribe, name="unsubscribe"),
    path("view/<str:code>/", readers.view_in_browser, name="view_in_browser"),
    path("test/unsubscribe/<str:code>/", proofs.personal, name="test_unsubscribe"),
    path("test/preferences/<str:code>/", proofs.personal, name="test_preferences"),
    path("test/view/<str:code>/", proofs.view_in_browser, name="test_view"),
]
