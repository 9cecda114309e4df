"""Whence a visitor comes: nobody but a proxy of ours is believed."""

import pytest
from django.test import RequestFactory, override_settings

from promo.public import visitors

READER, FORGED, PROXY = "9.9.9.9", "8.8.8.8", "172.18.0.2"


@pytest.mark.parametrize(
    ("direct", "told", "trusted", "expected"),
    [
        (READER, "", [], READER),
        (READER, FORGED, [], READER),
        (READER, FORGED, ["172.16.0.0/12"], READER),
        (PROXY, READER, ["172.16.0.0/12"], READER),
        (PROXY, f"{FORGED}, {READER}", ["172.16.0.0/12"], READER),
        (PROXY, READER, [], ""),
        (PROXY, "192.168.1.7", ["172.16.0.0/12"], ""),
        ("", "", [], ""),
    ],
)
def test_only_a_proxy_of_ours_says_where_a_click_comes_from(
    direct: str, told: str, trusted: list[str], expected: str
) -> None:
    headers = {"X-Forwarded-For": told} if told else {}
    request = RequestFactory().get("/c/abc", REMOTE_ADDR=direct, headers=headers)
    with override_settings(PROMO_TRUSTED_PROXIES=trusted):
        assert visitors.public_address_of(request) == expected
