"""Pages of a list that may be very long: each costs as many statements as any other."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.utils.functional import cached_property
from wagtail.admin.paginator import WagtailPaginator

MOST = 5000
"""So many rows of a filtered list are shown: counting on would read a whole table for a number."""


class LongPaginator(WagtailPaginator):
    """A whole list has all its pages. A filtered one ends after `MOST` rows, and says so.

    One look in the list's order finds which rows a page has (of a filtered list: which rows there
    are), a second one fetches these: what is passed by is read from an index, and far pages are
    counted from the end.
    """

    @cached_property
    def count(self) -> int:
        if self._found is None:
            return int(self.object_list.count())
        return min(len(self._found), MOST)

    @cached_property
    def has_more(self) -> bool:
        """There are rows beyond the last page."""
        return self._found is not None and len(self._found) > MOST

    @cached_property
    def _found(self) -> list[Any] | None:
        """The keys of a filtered list, in its order: `MOST` and one more at most."""
        if not self.object_list.query.where:
            return None
        return list(self.object_list.values_list("pk", flat=True)[: MOST + 1])

    def page(self, number: Any) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        end = min(first + self.per_page, self.count)
        keys = self._cut(first, end) if self._found is None else self._found[first:end]
        page: Page[Any] = self._get_page(self.object_list.filter(pk__in=keys), number, self)
        return page

    def _cut(self, first: int, end: int) -> list[Any]:
        rows = self.object_list.values_list("pk", flat=True)
        if first > self.count // 2:
            first, end, rows = self.count - end, self.count - first, rows.reverse()
        return list(rows[first:end])
