"""Texts need Django's translations, and nothing else of it: no database, no project settings."""

from __future__ import annotations

import os

from django.conf import settings

if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
    settings.configure(USE_I18N=True, LANGUAGE_CODE="en")
