"""EMAIL_URL becomes a relay, or says what is wrong without showing the password."""

import pytest

from promo.errors import ConfigurationError
from promo.mailing.relay import Relay, Timeouts, Tls, parse_email_url


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://127.0.0.1:8025", Relay("127.0.0.1", 8025)),
        ("smtp://relay", Relay("relay", 25)),
        ("smtp+tls://relay.example.org", Relay("relay.example.org", 587, Tls.STARTTLS)),
        ("smtps://relay.example.org/", Relay("relay.example.org", 465, Tls.IMPLICIT)),
        ("smtp+ssl://relay.example.org:2465", Relay("relay.example.org", 2465, Tls.IMPLICIT)),
        (
            "smtp+tls://desk%40example.org:p%3A%2F%40ss@relay.example.org:2525",
            Relay("relay.example.org", 2525, Tls.STARTTLS, "desk@example.org", "p:/@ss"),
        ),
        (
            "smtp://relay/?hello=desk.example.org&final=900&connect=2.5",
            Relay("relay", timeouts=Timeouts(connect=2.5, final=900), hello="desk.example.org"),
        ),
        ("smtp://[::1]:25", Relay("::1", 25)),
        ("smtp://relay/?connections=1", Relay("relay", connections=1)),
        (
            "smtp://relay/?connections=100&mails=500&hello=d.example.org",
            Relay("relay", hello="d.example.org", connections=100, mails_per_connection=500),
        ),
    ],
)
def test_an_address_gives_its_relay(url: str, relay: Relay) -> None:
    assert parse_email_url(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay.example.org",
        "http://relay.example.org",
        "smtp+tls://",
        "smtp+tls://u:hush@relay.example.org:port",
        "smtp+tls://u:hush@relay.example.org:99999",
        "smtp+tls://u:hush@relay.example.org/mail",
        "smtp+tls://u:hush@relay.example.org/?verify=no",
        "smtp+tls://u:hush@relay.example.org/?final=soon",
        "smtp+tls://u:hush@relay.example.org/?connections=0",
        "smtp+tls://u:hush@relay.example.org/?connections=501",
        "smtp+tls://u:hush@relay.example.org/?connections=-1",
        "smtp+tls://u:hush@relay.example.org/?connections=",
        "smtp+tls://u:hush@relay.example.org/?mails=many",
        "smtp+tls://u:hush@relay.example.org/?mails=1.5",
        "smtp://u:hush@relay.example.org",
    ],
)
def test_a_bad_address_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_email_url(url)
    assert "hush" not in str(refused.value)


def test_a_relay_never_shows_its_password() -> None:
    assert "hush" not in repr(Relay("localhost", username="u", password="hush"))


def test_a_password_may_cross_the_loopback_in_clear() -> None:
    assert parse_email_url("smtp://u:hush@localhost:2525").password == "hush"


def test_the_default_patience_for_the_final_answer_is_ten_minutes() -> None:
    assert parse_email_url("smtp://relay").timeouts.final == 600


def test_without_being_told_a_relay_gets_twenty_connections_for_any_number_of_mails() -> None:
    relay = parse_email_url("smtp://relay")
    assert (relay.connections, relay.mails_per_connection) == (20, 0)
