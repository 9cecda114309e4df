"""The drawn pictures."""

from io import BytesIO

import pytest
from PIL import Image

from promo.demo.pictures import SCENES, draw
from tests.demo.test_texts import items


def test_every_picture_of_the_items_can_be_drawn_and_every_scene_is_used() -> None:
    used = {picture.file for item in items() for picture in item.pictures}
    assert used == set(SCENES)
    assert len(SCENES) >= 8


def test_every_text_alternative_describes_its_own_picture() -> None:
    alts = [picture.alt for item in items() for picture in item.pictures]
    assert len(set(alts)) == len(alts)
    assert all(60 <= len(alt) <= 250 and alt.endswith(".") for alt in alts)


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_a_colourful_picture_of_the_right_size(name: str) -> None:
    data = draw(name)
    with Image.open(BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1600, 900))
        colours = picture.quantize(64).getcolors()
    assert colours is not None
    assert len(colours) > 20
    assert max(count for count, _colour in colours) < 1600 * 900 * 0.6
    assert draw(name) == data, "drawn again it is the same"
