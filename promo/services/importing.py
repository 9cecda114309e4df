"""Items from an import file, all or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from io import BytesIO
from pathlib import Path

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.importing import ItemInput, PictureInput
from promo.importing.cells import near, unknown
from promo.importing.records import refused
from promo.models import Branch, Item, ItemPhoto, Partner, Photo, Timetable
from promo.services import approvals, gate
from promo.sources.pictures import MAX_BYTES, prepare_picture

ReadPicture = Callable[[str], bytes]
"""The bytes of a picture by its name in the file, stored as they are; raises InvalidInput."""

_RELATED = {"row", "audiences", "branch", "timetable", "partners", "pictures"}
_PLAIN = [one.name for one in fields(ItemInput) if one.name not in _RELATED]


def import_items(
    *,
    inputs: Sequence[ItemInput],
    now: datetime,
    user: User | None = None,
    approve: bool = False,
    read_picture: ReadPicture | None = None,
) -> list[Item]:
    """The new drafts, approved on request. Raises InvalidRows: then nothing at all is stored.

    An event that is here already (title and date) is refused, so that a file read twice doubles
    nothing. With `approve` one that is over is refused as well: it could not be announced any more.
    """
    with transaction.atomic():
        batch = _Batch(user, read_picture or _no_pictures)
        for given in inputs:
            batch.add(given)
        if approve and not batch.errors:
            for given, item in zip(inputs, batch.items, strict=True):
                batch.errors += _faults(given, item, now)
        if batch.errors:
            batch.forget_files()
            raise refused(batch.errors)
        if approve:
            for item in batch.items:
                approvals.approve(content=item, user=user)
    return batch.items


def pictures_below(folder: Path) -> ReadPicture:
    """Reads pictures of this folder, made fit to go out; nothing outside of it."""
    root = folder.resolve()

    def read(name: str) -> bytes:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            message = _("The picture “{name}” lies outside the folder of the import file.")
            raise InvalidInput(message.format(name=name))
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise _missing(name) from error
        return prepare_picture(data)

    return read


def _no_pictures(name: str) -> bytes:
    raise _missing(name)


def _missing(name: str) -> InvalidInput:
    return InvalidInput(
        _("There is no picture “{name}” next to the import file.").format(name=name)
    )


@dataclass
class _Batch:
    """What one import has made so far, and what was wrong with it."""

    user: User | None
    read_picture: ReadPicture
    items: list[Item] = field(default_factory=list)
    errors: list[InvalidInput] = field(default_factory=list)
    _photos: dict[str, Photo] = field(default_factory=dict)
    _branches: dict[str, Branch] = field(init=False)
    _timetables: dict[str, Timetable] = field(init=False)

    def __post_init__(self) -> None:
        self._branches = {row.slug: row for row in Branch.objects.all()}
        self._timetables = {row.key: row for row in Timetable.objects.all()}

    def add(self, given: ItemInput) -> None:
        """Store one draft, or note what is wrong with it."""
        found = list(self._made(given))
        self.errors += [InvalidInput(e.text, field=e.field, row=given.row) for e in found]

    def forget_files(self) -> None:
        """Remove the files of this import; their rows go with the transaction."""
        for photo in self._photos.values():
            for rendition in photo.renditions.all():
                rendition.file.storage.delete(rendition.file.name)
            photo.file.storage.delete(photo.file.name)

    def _made(self, given: ItemInput) -> Iterator[InvalidInput]:
        item = Item(live=False, has_unpublished_changes=True)
        for name in _PLAIN:
            setattr(item, name, getattr(given, name))
        item.audiences = list(given.audiences)
        errors = [*self._chosen(item, given), *self._pictured(item, given), *_invalid(item)]
        errors = errors or list(_repeated(given))
        if errors:
            yield from errors
            return
        try:
            with transaction.atomic():
                item.partners = [_partner(name) for name in given.partners]
                item.save()
                item.save_revision(user=self.user)
        except ValidationError as error:
            yield from _told(error, "partners")
        except (DataError, IntegrityError):
            yield InvalidInput(_("The database refuses this item."))
        else:
            self.items.append(item)

    def _chosen(self, item: Item, given: ItemInput) -> Iterator[InvalidInput]:
        names = {row.name.casefold(): slug for slug, row in self._branches.items()}
        slug = names.get(given.branch.casefold(), given.branch)
        item.branch = self._branches.get(slug)
        item.timetable = self._timetables.get(given.timetable)
        if given.branch and item.branch is None:
            yield _unknown(given.branch, self._branches, "branch")
        if given.timetable and item.timetable is None:
            yield _unknown(given.timetable, self._timetables, "timetable")

    def _pictured(self, item: Item, given: ItemInput) -> Iterator[InvalidInput]:
        for order, picture in enumerate(given.pictures):
            try:
                photo = self._photos.get(picture.file) or self._photo(picture)
            except InvalidInput as error:
                yield InvalidInput(error.text, field="pictures")
                continue
            self._photos[picture.file] = photo
            alt = "" if picture.alt == photo.description else picture.alt
            item.photos.add(ItemPhoto(photo=photo, alt=alt, sort_order=order))

    def _photo(self, picture: PictureInput) -> Photo:
        data = self.read_picture(picture.file)
        name = Path(picture.file).stem
        photo = Photo(
            title=name.replace("-", " ").capitalize()[:255],
            file=ImageFile(BytesIO(data), name=f"{name}.jpg"),
            description=picture.alt,
            author=picture.author,
            licence=picture.licence,
            consent=picture.consent.value,
            uploaded_by_user=self.user,
        )
        photo._set_image_file_metadata()  # noqa: SLF001  (as Wagtail's own forms do)
        photo.save()
        return photo


def _partner(name: str) -> Partner:
    known = Partner.objects.filter(name__iexact=name).first()
    if known is not None:
        return known
    fresh = Partner(name=name)
    fresh.full_clean()
    fresh.save()
    return fresh


def _invalid(item: Item) -> Iterator[InvalidInput]:
    try:
        item.full_clean()
    except ValidationError as error:
        yield from _told(error, "")


def _told(error: ValidationError, name: str) -> Iterator[InvalidInput]:
    """What Django found, by field; `name` where the error belongs to no field of the file."""
    for found, messages in error.message_dict.items():
        known = found if found in ItemInput.__dataclass_fields__ and not name else name
        yield from (InvalidInput(text, field=known) for text in messages)


def _unknown(word: str, known: Iterable[str], name: str) -> InvalidInput:
    keys = list(known)
    return InvalidInput(unknown(word, keys, likely=near(word, keys)).text, field=name)


def _repeated(given: ItemInput) -> Iterator[InvalidInput]:
    """An event that is here already. News without a date may come again under the same title."""
    if given.starts_at is None and given.deadline_at is None:
        return
    same = Item.objects.filter(
        title=given.title, starts_at=given.starts_at, deadline_at=given.deadline_at
    )
    if same.exists():
        yield InvalidInput(_("An item with this title and date is here already."), field="title")


def _faults(given: ItemInput, item: Item, now: datetime) -> Iterator[InvalidInput]:
    """What forbids the approval of this draft."""
    instants = [at for at in (item.starts_at, item.ends_at, item.deadline_at) if at is not None]
    if instants and max(instants) < now and not item.recurrence:
        text = _("It is over already: it cannot be announced any more.")
        yield InvalidInput(text, field="starts_at", row=given.row)
    for problem in gate.faults(item):
        yield InvalidInput(problem.text, field=problem.field, row=given.row)
