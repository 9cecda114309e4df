"""Choosing a password by a link: the pages say whose it is, which a newcomer cannot know."""

from typing import Any

from django.http import HttpResponse
from wagtail.admin.views.account import PasswordResetCompleteView, PasswordResetConfirmView

CHOSEN_BY = "promo_password_chosen_by"


class ChoosePassword(PasswordResetConfirmView):
    """Wagtail's, which also remembers for the next page whose password was chosen."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        self.request.session[CHOSEN_BY] = self.user.get_username()
        return answer


class PasswordChosen(PasswordResetCompleteView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        whose = self.request.session.get(CHOSEN_BY, "")
        context: dict[str, Any] = super().get_context_data(**kwargs, username=whose)
        return context
