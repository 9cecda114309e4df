"""Requests of machines that are none of ours: no form, no session, and not more than so much."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

DIGITS = re.compile(r"\d{1,12}", re.ASCII)

View = Callable[..., HttpResponseBase]


def bounded(view: View, *, most: int) -> View:
    """Nobody reads more than `most` octets of a stranger, nor what tells no length."""

    @csrf_exempt
    @wraps(view)
    def within(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        length = request.headers.get("Content-Length", "")
        if request.method == "POST" and not (DIGITS.fullmatch(length) and int(length) <= most):
            return HttpResponse(status=413)
        return view(request, *args, **kwargs)

    return within
