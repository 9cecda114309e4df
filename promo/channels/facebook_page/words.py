"""What staff read when Facebook says no: what happened, and what to do, without codes or ids."""

from django.utils.translation import gettext_lazy as _

OUTCOME_UNKNOWN = _(
    "Facebook did not answer clearly: the post may be out. Promo is looking for it. "
    "Please do not post it by hand yet."
)
DUPLICATE = _(
    "Facebook says that this post is already on the page. Promo is looking for it. "
    "Please do not post it by hand."
)
UNREACHABLE = _("Facebook cannot be reached at the moment.")
OUT_OF_TIME = _(
    "Sending the pictures to Facebook took too long. Nothing has been published; "
    "Promo will try again."
)

TOO_MANY_CALLS = _(
    "Facebook asks us to wait: the page has used up its number of calls. "
    "Promo will go on by itself."
)
DAILY_LIMIT = _("Facebook’s daily limit is reached. Promo will go on tomorrow.")
SPAM_BRAKE = _(
    "Facebook has slowed the page down because much was posted in a short time. Promo waits some "
    "hours before it goes on. Please post nothing by hand until then."
)
DEEMED_ABUSIVE = _(
    "Facebook’s spam guard has stopped this post. Promo waits a day before it goes on. "
    "Please check whether the same text has been posted before."
)

SIGNED_OUT = _("Facebook has logged us out. Connect the page again.")
APP_REMOVED = _(
    "The person who connected the page has removed our app from their Facebook account. "
    "Connect the page again."
)
CHECKPOINT = _(
    "Facebook wants to make sure who is acting. The person who connected the page must log in at "
    "www.facebook.com and follow the instructions there; then connect the page again."
)
PASSWORD_CHANGED = _(
    "Facebook has logged us out because the person who connected the page changed their password. "
    "Connect the page again."
)
ACCESS_EXPIRED = _("Our access to the Facebook page has expired. Connect the page again.")
ACCOUNT_NOT_CONFIRMED = _(
    "The Facebook account with which the page was connected is not confirmed. "
    "Its owner must confirm it at www.facebook.com."
)
TERMS_NOT_ACCEPTED = _(
    "Facebook has new terms of use. The person who connected the page must accept them at "
    "www.facebook.com."
)
NO_ROLE_ON_PAGE = _(
    "The person who connected the page no longer has a role on it. "
    "A page administrator must give the role back."
)
NOT_A_PAGE_TOKEN = _(
    "The page is connected with a person’s token instead of the page’s own. Connect the page again."
)
TOKEN_OF_OTHER_APP = _(
    "The page token was made with another app than the one given here. "
    "Make it anew with your own app."
)
TOKEN_OF_OTHER_PAGE = _("The page token belongs to another page. Connect the right page.")
BUDGET_LOW = _(
    "The page has used most of the calls that Facebook allows it. Promo reads less until there are "
    "more; publishing goes on."
)
RIGHTS_MISSING = _(
    "Promo lacks the right to publish on the Facebook page. Connect the page again, tick the page "
    "and every permission, and make sure that the person may create content there."
)
PAGE_NOT_FOUND = _(
    "Facebook does not find the page, or does not let us see it. Check the page ID and connect the "
    "page again."
)
BAD_APP = _(
    "Facebook does not accept our app. Check the app ID and the app secret in the destination’s "
    "settings."
)
CONFIRM_IDENTITY = _(
    "Facebook wants a page administrator to confirm their identity before the page may publish. "
    "Do it in the Facebook app."
)
ACCOUNT_LIMITED = _(
    "Facebook has limited the account with which the page was connected. Its owner finds the "
    "reason under Support Inbox at www.facebook.com."
)
SIGN_IN_OVER = _("This sign-in at Facebook is over or was used before. Please start it again.")
SIGN_IN_REFUSED = _(
    "Facebook did not accept the sign-in. Check that the redirect address stands in the settings "
    "of your app exactly as it is shown here, and start again."
)
APP_NOT_ACCEPTED = _(
    "Facebook does not accept this app ID with this app secret. Copy both anew from App settings, "
    "Basic."
)
NOT_SET_UP = _("The connection to the Facebook page is not complete: {fields}.")

REFUSED = _("Facebook has refused this post and gave no reason that we know.")
BAD_CONTENT = _(
    "Facebook does not accept this post: something in its text, link or pictures is not allowed."
)
BAD_PICTURE = _("Facebook cannot use one of the pictures. Use a JPEG file of 4 MB at most.")
PICTURE_GONE = _("The file of a picture is missing. Choose the picture again.")
PICTURE_TOO_LARGE = _("A picture is larger than 4 MB. Choose a smaller one.")
LINK_UNREADABLE = _(
    "Facebook cannot open the link of this post. Check that the page behind it can be read without "
    "logging in."
)
LINK_TO_FACEBOOK = _("Facebook does not allow links to facebook.com in this post.")
BAD_ADDRESS_IN_TEXT = _("There is a faulty web address in the text of the post.")
AGAINST_STANDARDS = _(
    "Facebook says that this post goes against its Community Standards. "
    "Change the text or pictures."
)
MARK_MISSING = _(
    "The post lacks its own link, by which Promo could find it again. Compose it anew."
)
POST_GONE = _("The post is no longer on the page, so it cannot be changed.")
TOO_MANY_POSTS = _(
    "The page holds more posts than Promo can look through. Look for the post on the page yourself."
)
