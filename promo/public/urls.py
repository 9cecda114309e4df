"""The public addresses. They stay what they are: feeds, mails and posts point at them."""

from django.urls import path, re_path

from promo.public import (
    clicks,
    feeds,
    hearing,
    own_data,
    pages,
    plan_feed,
    preference_centre,
    proofs,
    readers,
    signing_up,
)

urlpatterns = [
    path("", pages.agenda, name="agenda"),
    path("items/<uuid:uuid>/", pages.item, name="item"),
    path("items/<uuid:uuid>/calendar.ics", pages.item_calendar, name="item_calendar"),
    path("items/<uuid:uuid>/<slug:slug>/", pages.item, name="item_slug"),
    path("w/<str:marker>", pages.marker, name="marker"),
    path("c/<slug:key>", clicks.follow, name="follow"),
    path("c/<slug:code>/<slug:key>", clicks.follow, name="follow_as"),
    path("hooks/<slug:channel>/<slug:speaker>/", hearing.hear, name="hear"),
    path("healthz", pages.healthz, name="healthz"),
    path("calendar.ics", feeds.feed, {"file": "calendar.ics"}, name="calendar_feed"),
    re_path(
        r"^feeds/(?:(?P<by>kind|branch|audience)/(?P<value>[\w-]+)/)?"
        r"(?P<file>rss\.xml|atom\.xml|feed\.json|calendar\.ics)$",
        feeds.feed,
        name="feed",
    ),
    path("plan/<str:code>/promo.ics", plan_feed.show, name="plan_feed"),
    path("newsletter/", signing_up.sign_up, name="sign_up"),
    path("newsletter/embed/", signing_up.embed, name="sign_up_embed"),
    path("confirm/<str:code>/", readers.confirm, name="confirm"),
    path("preferences/<str:code>/", preference_centre.show, name="preferences"),
    path("preferences/<str:code>/data/", own_data.ask, name="own_data_ask"),
    path("my-data/<str:code>/", own_data.show, name="own_data"),
    path("my-data/<str:code>/my-data.json", own_data.download, name="own_data_file"),
    path("my-data/<str:code>/erase/", own_data.erase, name="own_data_erase"),
    path("unsubscribe/<str:code>/", readers.unsubscribe, name="unsubscribe"),
    path("view/<str:code>/", readers.view_in_browser, name="view_in_browser"),
    path("test/unsubscribe/<str:code>/", proofs.personal, name="test_unsubscribe"),
    path("test/preferences/<str:code>/", proofs.personal, name="test_preferences"),
    path("test/view/<str:code>/", proofs.view_in_browser, name="test_view"),
]
