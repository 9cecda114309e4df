"""Every address of the web: the desk under /desk/, everything else is for the public."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from promo.desk.first_login import ChoosePassword, PasswordChosen
from promo.desk.screens import closed
from promo.public import urls as public_urls

urlpatterns = [
    # Wagtail's page tree and its trial pages: a hidden menu item closes no address.
    re_path(r"^desk/(?:pages|failwhale|test404)/", closed),
    path("desk/password_reset/confirm/<uidb64>/<token>/", ChoosePassword.as_view()),
    path("desk/password_reset/complete/", PasswordChosen.as_view()),
    path("desk/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include(public_urls)),
]

if settings.PROMO_HOOKS:
    from promo.public import hooks

    urlpatterns.insert(0, path("hooks/anymail/", include(hooks.urlpatterns(settings.PROMO_HOOKS))))

handler400 = "promo.public.errors.unreadable"
handler403 = "promo.public.errors.denied"
handler404 = "promo.public.errors.not_found"
handler500 = "promo.public.errors.broken"
