"""The first day of the rehearsal world: library pages, people, an app, and their keys.

The constants are the same on every machine, so that a demo and a test can be wired without asking.
None of them opens anything but a rehearsal world.
"""

from __future__ import annotations

from promo.rehearsal.people import (
    LONG_LIVED,
    TASKS,
    App,
    Business,
    Documents,
    Grant,
    Page,
    Token,
    User,
)

APP_ID = "100000000000001"
APP_SECRET = "rehearsal-app-secret"  # noqa: S105 - public on purpose: opens only a simulation
APP_NAME = "Promo (próba)"
OTHER_APP_ID = "100000000000002"
OTHER_APP_SECRET = "rehearsal-other-app-secret"  # noqa: S105 - as above
PAGE_ID = "200000000000001"
PAGE_NAME = "Biblioteka Miejska (próba)"
UNTICKED_PAGE_ID = "200000000000002"
UNTICKED_PAGE_NAME = "Filia nr 2 (próba)"
USER_ID = "300000000000001"
USER_NAME = "Anna Próbna"
HELPER_ID = "300000000000002"
HELPER_NAME = "Piotr Próbny"
STRANGER_ID = "300000000000003"
STRANGER_NAME = "Maria Próbna"
WATCHED_PAGE_ID = "200000000000003"
WATCHED_PAGE_NAME = "Towarzystwo Przyjaciół Biblioteki (próba)"
BUSINESS_ID = "400000000000001"
PAGE_TOKEN = "rehearsal-page-token"  # noqa: S105 - as above
OTHER_APP_PAGE_TOKEN = "rehearsal-other-app-page-token"  # noqa: S105 - as above
USER_TOKEN = "rehearsal-user-token"  # noqa: S105 - as above
SHORT_USER_TOKEN = "rehearsal-short-user-token"  # noqa: S105 - as above
EXPIRED_USER_TOKEN = "rehearsal-expired-user-token"  # noqa: S105 - as above
VERIFY_TOKEN = "rehearsal-verify-token"  # noqa: S105 - as above
SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_posts",
    "pages_manage_metadata",
    "pages_manage_engagement",
    "read_insights",
    "business_management",
)

HOUR = 3600.0


def facts() -> dict[str, str]:
    """What `GET /api/seed` gives."""
    return {
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "app_name": APP_NAME,
        "other_app_id": OTHER_APP_ID,
        "other_app_secret": OTHER_APP_SECRET,
        "other_app_page_token": OTHER_APP_PAGE_TOKEN,
        "page_id": PAGE_ID,
        "page_name": PAGE_NAME,
        "page_token": PAGE_TOKEN,
        "unticked_page_id": UNTICKED_PAGE_ID,
        "watched_page_id": WATCHED_PAGE_ID,
        "helper_id": HELPER_ID,
        "stranger_id": STRANGER_ID,
        "user_id": USER_ID,
        "user_name": USER_NAME,
        "user_token": USER_TOKEN,
        "short_user_token": SHORT_USER_TOKEN,
        "expired_user_token": EXPIRED_USER_TOKEN,
        "business_id": BUSINESS_ID,
        "verify_token": VERIFY_TOKEN,
    }


def plant(documents: Documents, *, now: float) -> None:
    """Put everybody back to the first day, at the instant `now`."""
    documents.replace_all((*people(), *_tokens(now)))


def people() -> list[App | User | Page | Business | Grant]:
    """Everybody on the first day.

    The first person manages two pages and may only look at the third; the helper may only look at
    the first page; the stranger has no role on the app.
    """
    looks = ("ANALYZE", "MODERATE")
    tasks: dict[str, tuple[str, ...]] = {USER_ID: TASKS}
    return [
        App(id=APP_ID, name=APP_NAME, secret=APP_SECRET, role_ids=(USER_ID, HELPER_ID)),
        App(id=OTHER_APP_ID, name="Aplikacja obca (próba)", secret=OTHER_APP_SECRET),
        User(id=USER_ID, name=USER_NAME),
        User(id=HELPER_ID, name=HELPER_NAME, about="helper"),
        User(id=STRANGER_ID, name=STRANGER_NAME, about="stranger"),
        Business(id=BUSINESS_ID, name="Portfolio biblioteki (próba)", owner_ids=(USER_ID,)),
        Page(
            id=PAGE_ID,
            name=PAGE_NAME,
            roles={**tasks, HELPER_ID: looks},
            business_id=BUSINESS_ID,
        ),
        Page(
            id=UNTICKED_PAGE_ID,
            name=UNTICKED_PAGE_NAME,
            roles=tasks,
            likes=40,
            business_id=BUSINESS_ID,
        ),
        Page(id=WATCHED_PAGE_ID, name=WATCHED_PAGE_NAME, roles={USER_ID: looks}, likes=310),
        *(
            Grant(
                app_id=app_id,
                user_id=USER_ID,
                permissions=dict.fromkeys(SCOPES, "granted"),
                page_ids=(PAGE_ID,),
            )
            for app_id in (APP_ID, OTHER_APP_ID)
        ),
    ]


def _tokens(now: float) -> list[Token]:
    def user(token: str, issued_at: float, expires_at: float, *, long: bool) -> Token:
        return Token(
            id=token,
            kind="USER",
            app_id=APP_ID,
            user_id=USER_ID,
            issued_at=issued_at,
            expires_at=expires_at,
            long_lived=long,
        )

    def page(token: str, app_id: str) -> Token:
        return Token(
            id=token,
            kind="PAGE",
            app_id=app_id,
            user_id=USER_ID,
            page_id=PAGE_ID,
            issued_at=now,
            long_lived=True,
        )

    return [
        user(USER_TOKEN, now, now + LONG_LIVED, long=True),
        user(SHORT_USER_TOKEN, now, now + HOUR, long=False),
        user(EXPIRED_USER_TOKEN, now - 3 * HOUR, now - HOUR, long=False),
        page(PAGE_TOKEN, APP_ID),
        page(OTHER_APP_PAGE_TOKEN, OTHER_APP_ID),
    ]
