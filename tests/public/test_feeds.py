"""The feeds over HTTP."""

import pytest
from django.test import Client

from promo.models import Institution
from tests import making

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_feed_tells_its_language_to_the_browser(language: str) -> None:
    making.installation()
    row = Institution.load()
    row.language = language
    row.save()
    answer = Client().get("/feeds/rss.xml", HTTP_ACCEPT_LANGUAGE="de")
    assert answer["Content-Language"] == language
    again = Client().get("/feeds/rss.xml", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304
    assert again.content == b""
