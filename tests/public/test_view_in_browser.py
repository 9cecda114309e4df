"""A sent mail as a public page: in the reader's language, and nobody's name on it."""

from dataclasses import replace

import pytest
from django.test import Client

from promo.mailing.salutation import PLACEHOLDER
from promo.services import tokens
from promo.values import Message, Salutation
from tests import making

pytestmark = pytest.mark.django_db


def greeting(message: Message) -> Message:
    """The message with a greeting before its headline."""
    html = message.html.replace("<h1", f"<p>{PLACEHOLDER}</p><h1")
    words = Salutation("Dzień dobry, ", "!", "Dzień dobry!")
    return replace(message, html=html, salutation=words)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("", "Zrezygnuj z subskrypcji"),
        ("?language=en", "Unsubscribe"),
        ("?language=pl", "Zrezygnuj z subskrypcji"),
        ("?language=../x", "Zrezygnuj z subskrypcji"),
    ],
)
def test_it_is_in_the_readers_language_and_greets_nobody_by_name(
    client: Client, asked: str, words: str
) -> None:
    row = making.due_publication(making.newsletter().destination)
    message = greeting(row.message)
    english = greeting(row.message.variants["en"])
    row.message_json = replace(message, variants={"en": english}).to_json()
    row.save()
    path = f"/view/{tokens.code(tokens.DELIVERY, row.uuid)}/{asked}"
    page = client.get(path).content.decode()
    assert words in page
    assert "<p>Dzień dobry!</p>" in page
    assert ".slot.invalid" not in page
