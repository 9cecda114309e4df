"""What a person does at Meta before the sign-in: shown at the desk, step by step.

docs/facebook.md tells the same at length. Meta's own words stand in English, as on its screens.
"""

from typing import cast

from django.utils.translation import gettext_lazy

from promo.channels.base import GuideStep


def _(text: str) -> str:
    """The text in the reader's language, looked up when it is shown."""
    return cast("str", gettext_lazy(text))


STEPS = (
    GuideStep(
        title=_("Make an app of your own"),
        lines=(
            _(
                "Log in at Meta with the account that manages the page. Choose My Apps, Create "
                "App, and the use case “Manage everything on your Page”."
            ),
            _(
                "The app costs nothing and needs no App Review, as only people with a role on it "
                "use it."
            ),
        ),
        url="https://developers.facebook.com/apps/",
    ),
    GuideStep(
        title=_("Give the roles"),
        lines=(
            _(
                "Under App roles, Roles add whoever will sign in below; who made the app has a "
                "role already. On the page the same person needs the right to create content."
            ),
        ),
    ),
    GuideStep(
        title=_("Enter the redirect address"),
        lines=(
            _(
                "Under Facebook Login for Business (or Facebook Login), Settings, paste the "
                "address below into Valid OAuth Redirect URIs and save."
            ),
        ),
    ),
    GuideStep(
        title=_("Switch the app to Live"),
        lines=(
            _(
                "At the top of the app’s dashboard switch App mode from Development to Live (in "
                "newer screens: Publish). Meta asks for the address of your privacy notice here."
            ),
        ),
        trap=_(
            "In Development mode everything seems to work, but nobody except people with a role on "
            "the app sees the posts."
        ),
    ),
)

AFTER = _(
    "Now publish one harmless post and look at the page in a private window, logged out. If you do "
    "not see the post there, the app is still in Development mode: switch it to Live."
)

WHEN_HIDDEN = _(
    "Followers do not see it: the app is still in Development mode. Switch it to Live, resume "
    "here, and publish again what they have missed: what was made before stays hidden."
)
