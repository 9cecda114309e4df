"""Every address of the web: the desk under /desk/, everything else is for the public."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from promo.desk.screens import closed
from promo.public import urls as public_urls

urlpatterns = [
    # Wagtail's page tree and its trial pages: a hidden menu item closes no address.
    re_path(r"^desk/(?:pages|failwhale|test404)/", closed),
    path("desk/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include(public_urls)),
]

handler404 = "promo.public.errors.not_found"
