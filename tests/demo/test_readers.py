"""The invented readers."""

from django.core.validators import validate_email

from promo.demo.readers import readers


def test_there_are_two_hundred_different_readers_the_same_ones_every_time() -> None:
    people = readers()
    assert people == readers()
    assert len({one.email for one in people}) == 200
    assert len({one.name for one in people if one.name}) > 180


def test_every_address_is_valid_and_leads_nowhere() -> None:
    for one in readers():
        validate_email(one.email)
        assert one.email.endswith("@example.org")
        assert one.email.isascii()


def test_names_are_varied() -> None:
    people = readers()
    names = " ".join(one.name for one in people)
    assert set("ąćęłńóśźżŁŚŻ") <= set(names)
    assert [one.language for one in people].count("en") == 8
    assert [one.name for one in people].count("") > 5
    assert any("-" in one.name for one in people)
    assert "“" not in names
    assert "'" not in names


def test_an_address_is_made_from_the_name() -> None:
    known = {one.name: one.email for one in readers()}
    assert known["James O’Connor"] == "james.oconnor@example.org"
    assert known["Anna Kowalska"] == "anna.kowalska@example.org"
