"""Pictures as they come from phones, from the web and from people who mean harm."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from promo.errors import InvalidInput
from promo.sources.confined import Limits
from promo.sources.pictures import check_picture, prepare_picture

RED = (200, 30, 40)


def encode(image: Image.Image, kind: str, **settings: object) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **settings)
    return written.getvalue()


def red(mode: str = "RGB", size: tuple[int, int] = (300, 200)) -> Image.Image:
    return Image.new("RGB", size, RED).convert(mode)


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def looks_like(colour: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) < 20 for a, b in zip(colour, wanted, strict=True))


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidInput) as caught:
        check_picture(data)
    with pytest.raises(InvalidInput) as again:
        prepare_picture(data)
    assert caught.value.text == again.value.text
    return caught.value.text


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_four_formats_are_recognised_by_their_bytes(kind: str) -> None:
    info = check_picture(encode(red(), kind))
    assert (info.format, info.width, info.height) == (kind, 300, 200)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("GIF", "P"),
        ("WEBP", "RGBA"),
    ],
)
def test_every_kind_of_colour_goes_out_as_a_plain_jpeg(kind: str, mode: str) -> None:
    picture = decoded(prepare_picture(encode(red(mode), kind)))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (300, 200))
    assert looks_like(picture.getpixel((150, 100)), RED)


@pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16"])
def test_grey_pictures_go_out_too(mode: str) -> None:
    grey = Image.new("I;16", (90, 60), 32768) if mode == "I;16" else red("L").convert(mode)
    assert decoded(prepare_picture(encode(grey, "PNG"))).mode == "RGB"


def test_sixteen_bits_keep_their_brightness() -> None:
    picture = decoded(prepare_picture(encode(Image.new("I;16", (90, 60), 32768), "PNG")))
    assert looks_like(picture.getpixel((40, 30)), (128, 128, 128))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_becomes_white(kind: str) -> None:
    clear = Image.new("RGBA", (90, 60), (*RED, 0))
    picture = decoded(prepare_picture(encode(clear, kind)))
    assert looks_like(picture.getpixel((40, 30)), (255, 255, 255))


def test_picture_taken_sideways_is_turned_upright() -> None:
    image = red(size=(300, 200))
    image.paste((255, 255, 255), (0, 0, 150, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: the left side is the top
    data = encode(image, "JPEG", exif=exif)
    info = check_picture(data)
    assert (info.width, info.height) == (200, 300)
    picture = decoded(prepare_picture(data))
    assert picture.size == (200, 300)
    assert looks_like(picture.getpixel((100, 20)), (255, 255, 255))
    assert looks_like(picture.getpixel((100, 280)), RED)


def test_nothing_the_camera_wrote_leaves_the_house() -> None:
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 58.0, 12.0)})
    data = encode(red(), "JPEG", exif=exif, comment=b"taken-at-home", xmp=b"<xmp>secret</xmp>")
    assert b"CameraMaker" in data
    prepared = prepare_picture(data)
    for trace in (b"CameraMaker", b"taken-at-home", b"secret", b"Exif"):
        assert trace not in prepared
    assert not decoded(prepared).getexif()


def test_what_a_stranger_appended_leaves_nothing_behind() -> None:
    polyglot = encode(red(), "GIF") + b"/*<script>alert(1)</script>*/"
    assert check_picture(polyglot).format == "GIF"
    assert b"script" not in prepare_picture(polyglot)


def test_large_picture_is_made_small_enough() -> None:
    noise = Image.effect_noise((600, 400), 100).convert("RGB")
    data = encode(noise, "JPEG", quality=95)
    prepared = prepare_picture(data, max_side=480, max_bytes=20_000)
    assert len(prepared) <= 20_000
    assert max(decoded(prepared).size) <= 480
    assert decoded(prepare_picture(data, max_side=480)).size == (480, 320)


def test_small_picture_is_not_blown_up() -> None:
    assert decoded(prepare_picture(encode(red(size=(30, 20)), "PNG"))).size == (30, 20)


def test_picture_that_cannot_be_made_small_enough_is_refused() -> None:
    with pytest.raises(InvalidInput, match="small enough"):
        prepare_picture(encode(red(), "PNG"), max_bytes=100)


def test_only_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (40, 30), (shade, 0, 0)) for shade in range(200)]
    for kind in ("WEBP", "GIF"):
        data = encode(frames[0], kind, save_all=True, append_images=frames[1:])
        assert looks_like(decoded(prepare_picture(data)).getpixel((20, 15)), (0, 0, 0))


def test_colours_of_another_profile_are_brought_into_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = decoded(prepare_picture(encode(red(), "JPEG", icc_profile=profile)))
    assert "icc_profile" not in picture.info
    assert looks_like(picture.getpixel((150, 100)), RED)


@pytest.mark.parametrize("profile", [b"x" * 300, b"\0" * 128])
def test_broken_profile_does_not_make_a_broken_picture(profile: bytes) -> None:
    picture = decoded(prepare_picture(encode(red(), "JPEG", icc_profile=profile)))
    assert looks_like(picture.getpixel((150, 100)), RED)


def test_broken_metadata_does_not_make_a_broken_picture() -> None:
    data = encode(red(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7frubbish")
    assert check_picture(data).width == 300
    assert decoded(prepare_picture(data)).size == (300, 200)


def test_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = encode(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 2**20
    assert "too many pixels" in refusal(bomb)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def test_size_that_is_a_lie_is_refused() -> None:
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0)
    assert refusal(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IEND", b""))


def test_text_that_unpacks_to_gigabytes_is_refused() -> None:
    packed = b"Comment\0\0" + zlib.compress(bytes(8 * 2**20), 9)
    data = encode(red(size=(9, 9)), "PNG")
    assert refusal(data[:33] + png_chunk(b"zTXt", packed) * 20 + data[33:])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_truncated_picture_is_refused(kind: str) -> None:
    data = encode(Image.effect_noise((300, 200), 90), kind)
    assert "damaged" in refusal(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b'<?xml version="1.0"?><svg xmlns="x"><script>alert(1)</script></svg>', "SVG"),
        (b"\xef\xbb\xbf<!-- a --><svg onload='alert(1)'/>", "SVG"),
        (b"\0\0\0\x18ftypheic" + bytes(99), "HEIC"),
        (b"\0\0\0\x18ftypmif1" + bytes(99), "HEIC"),
        (b"\0\0\0\x18ftypavif" + bytes(99), "AVIF"),
        (b"%PDF-1.7", "Use JPEG"),
        (b"BM" + bytes(99), "Use JPEG"),
        (b"II*\0" + bytes(99), "Use JPEG"),
        (b"<html>", "Use JPEG"),
        (b"%!PS-Adobe", "Use JPEG"),
        (b"GIF89a=1;alert(1)//", "damaged"),
        (b"\xff\xd8\xff" + bytes(99), "damaged"),
        (b"RIFF\0\0\0\0WEBP", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(30 * 2**20), "30 MB"),
    ],
)
def test_what_cannot_be_used_is_refused_in_plain_words(data: bytes, word: str) -> None:
    assert word in refusal(data)


def test_picture_that_needs_too_much_memory_is_refused_and_nobody_else_suffers() -> None:
    data = encode(Image.new("RGBA", (4000, 4000), (1, 2, 3, 4)), "PNG", compress_level=1)
    with pytest.raises(InvalidInput):
        check_picture(data, limits=Limits(memory=64 * 2**20))
    assert check_picture(data).width == 4000
