"""The child process that decodes one picture: bytes on standard input, JSON and bytes out.

Run by `promo.sources.pictures` as `python -m promo.sources.painter CPU MEMORY check FORMAT` or
`… prepare FORMAT SIDE BYTES`. A picture that Pillow cannot read ends the process with an error.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import warnings
from collections.abc import Iterator

from PIL import ExifTags, Image, ImageCms

from promo.sources.confined import confine

MAX_PIXELS = 50_000_000
QUALITIES = (88, 80, 72, 64)
SHRINK = 0.75
SMALLEST_SIDE = 200

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = frozenset({5, 6, 7, 8})


def main() -> None:
    action, kind, *bounds = confine()
    try:
        image = _opened(sys.stdin.buffer.read(), kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        _answer({"refused": "pixels"})
        return
    if action == "check":
        image.load()
        width, height = image.size
        turned = _orientation(image) in _LYING
        _answer(
            {"width": height, "height": width} if turned else {"width": width, "height": height}
        )
        return
    max_side, max_bytes = (int(bound) for bound in bounds)
    picture = _jpeg(_upright(image, max_side), max_bytes)
    _answer({} if picture else {"refused": "bytes"}, picture)


def _opened(data: bytes, kind: str) -> Image.Image:
    """The picture with only its head read; its announced size decides whether more is."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    return Image.open(io.BytesIO(data), formats=[kind])


def _answer(line: dict[str, int] | dict[str, str], picture: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n" + picture)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (OSError, SyntaxError, TypeError, ValueError, struct.error):
        return 1  # broken metadata does not make a broken picture


def _upright(image: Image.Image, max_side: int) -> Image.Image:
    """Small, in the colours of the web, the right way up, and nothing else with it."""
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif image.mode.startswith("I"):  # 16 bits a pixel
        image = image.point(lambda value: value / 256).convert("L")
    image.thumbnail((max_side, max_side))
    colours = _in_srgb(image, profile)
    if orientation in _UPRIGHT:
        colours = colours.transpose(_UPRIGHT[orientation])
    bare = Image.new("RGB", colours.size, "white")
    bare.paste(colours)
    return bare


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(seen, mask=seen.getchannel("A"))
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, own, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a broken profile, or one for other colours than the picture's
        if converted is not None:
            return converted
    return image.convert("RGB")


def _jpeg(image: Image.Image, max_bytes: int) -> bytes:
    """The best that fits; nothing if even the smallest does not."""
    for size in _sizes(image):
        smaller = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            written = io.BytesIO()
            smaller.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
            if written.tell() <= max_bytes:
                return written.getvalue()
    return b""


def _sizes(image: Image.Image) -> Iterator[tuple[int, int]]:
    width, height = image.size
    yield width, height
    while max(width, height) * SHRINK >= SMALLEST_SIDE:
        width, height = max(1, int(width * SHRINK)), max(1, int(height * SHRINK))
        yield width, height


if __name__ == "__main__":
    main()
