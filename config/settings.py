"""Settings, all from the environment; a missing one is named loudly.

Without DATABASE_URL Promo runs on one machine: PostgreSQL and Redis from wheels below PROMO_HOME,
keys made on first use, the rehearsal world as the outside. With DATABASE_URL it is in production,
and SECRET_KEY, PROMO_ENCRYPTION_KEYS, PROMO_BASE_URL, REDIS_URL and EMAIL_URL must be given.
docs/operations.md lists every variable.
"""

from datetime import timedelta
from pathlib import Path

import environ
import structlog
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from config import hooks, keys
from promo import embedded
from promo.errors import ConfigurationError
from promo.rehearsal import seed

env = environ.Env()
ROOT = Path(__file__).resolve().parent.parent
HOME = Path(env.str("PROMO_HOME", default="var")).resolve()
IN_PRODUCTION = "DATABASE_URL" in env.ENVIRON


def _plain(name: str) -> str:
    """The variable as it stands: django-environ takes a value that begins with $ for a name."""
    value: str = env.ENVIRON.get(name, "")
    return value


def _given(name: str, default: str) -> str:
    """The variable; its default counts only on one machine."""
    value = _plain(name) or ("" if IN_PRODUCTION else default)
    if not value:
        message = f"{name} is missing. Set it in the environment (see docs/operations.md)."
        raise ConfigurationError(message)
    return value


def _database(url: str) -> dict[str, object]:
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "promo"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


PORT = env.int("PROMO_PORT", default=8000)
REHEARSAL_PORT = env.int("PROMO_REHEARSAL_PORT", default=8001)
REHEARSAL_SMTP_PORT = env.int("PROMO_REHEARSAL_SMTP_PORT", default=8025)
REHEARSAL_URL = env.str(
    "PROMO_REHEARSAL_URL", default="" if IN_PRODUCTION else f"http://127.0.0.1:{REHEARSAL_PORT}"
)

SECRET_KEY = _plain("SECRET_KEY") or (
    _given("SECRET_KEY", "") if IN_PRODUCTION else keys.secret_key(HOME)
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Addresses that must never be mailed again are hashed under this key: it outlives the other.
PROMO_ADDRESS_KEY = _plain("PROMO_ADDRESS_KEY") or SECRET_KEY
PROMO_ENCRYPTION_KEYS = env.list("PROMO_ENCRYPTION_KEYS", default=[]) or (
    [_given("PROMO_ENCRYPTION_KEYS", "")] if IN_PRODUCTION else [keys.encryption_key(HOME)]
)
PROMO_BASE_URL = _given("PROMO_BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
CSRF_TRUSTED_ORIGINS = [PROMO_BASE_URL]

DATABASES = {"default": _database(env.str("DATABASE_URL", default=embedded.database_url(HOME)))}
REDIS_URL = _given("REDIS_URL", embedded.redis_url(HOME))
CELERY_BROKER_URL = env.str(
    "CELERY_BROKER_URL",
    default=env.str("REDIS_URL", default="") or embedded.broker_url(HOME),
)
BEAT_KEY = "promo:beat"  # set in Redis by config.clock at every tick
EMAIL_URL = _given("EMAIL_URL", f"smtp://127.0.0.1:{REHEARSAL_SMTP_PORT}")
vars().update(env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env.str("PROMO_FROM_EMAIL", default="promo@example.org")

# The channels of this installation: the folder's name is the channel's key.
PROMO_CHANNELS = [
    "promo.channels.facebook_page",
    "promo.channels.newsletter_email",
    "promo.channels.website",
]
# Directories with templates of the institution's own, laid out like templates/ and found first.
PROMO_TEMPLATE_ROOTS = env.list("PROMO_TEMPLATE_ROOTS", default=[])
PROMO_FACEBOOK_GRAPH_URL = env.str(
    "PROMO_FACEBOOK_GRAPH_URL",
    default=f"{REHEARSAL_URL}/graph" if REHEARSAL_URL else "https://graph.facebook.com",
)
# Where people sign in at Facebook: the base of its dialog. A rehearsal plays that as well.
PROMO_FACEBOOK_DIALOG_URL = env.str(
    "PROMO_FACEBOOK_DIALOG_URL",
    default=PROMO_FACEBOOK_GRAPH_URL
    if REHEARSAL_URL and PROMO_FACEBOOK_GRAPH_URL.startswith(f"{REHEARSAL_URL}/")
    else "https://www.facebook.com",
)
# What a first installation is connected to until a real page is.
REHEARSAL_PAGE = {
    "config": {"page_id": seed.PAGE_ID, "page_name": seed.PAGE_NAME, "app_id": seed.APP_ID},
    "secrets": {"page_token": seed.PAGE_TOKEN, "app_secret": seed.APP_SECRET},
}
PROMO_FACEBOOK_GRAPH_VERSION = env.str("PROMO_FACEBOOK_GRAPH_VERSION", default="v25.0")

# Where returned mail is fetched from: imaps://user:password@host/INBOX, pop3s://…; "": nowhere.
PROMO_BOUNCE_URL = _plain("PROMO_BOUNCE_URL")
PROMO_BOUNCE_EVERY = timedelta(seconds=env.float("PROMO_BOUNCE_EVERY_SECONDS", default=120))
# Where `promo bounces` takes returned mail from a mail server: HOST:PORT; "": nowhere.
PROMO_BOUNCES_LISTEN = _plain("PROMO_BOUNCES_LISTEN")
# Mail providers that may tell us of returned mail at /hooks/anymail/<provider>/tracking/; what
# proves that it is they is user:password in the address, and the provider's own key.
PROMO_HOOKS = env.list("PROMO_HOOKS", default=[])
ANYMAIL = hooks.anymail(PROMO_HOOKS, secret=_plain("PROMO_HOOKS_SECRET"), environ=env.ENVIRON)

# List-Unsubscribe also names a mail address: only where mail to it comes back to us.
PROMO_LEAVE_BY_MAIL = env.bool("PROMO_LEAVE_BY_MAIL", default=bool(PROMO_BOUNCE_URL))

# The reverse proxies before us (addresses or networks): only they may say who the visitor is.
PROMO_TRUSTED_PROXIES = env.list("PROMO_TRUSTED_PROXIES", default=[])
# So many sign-ups of one network (/24, /48) are taken, and so many confirmations leave in an hour.
PROMO_SIGN_UP_LIMITS = env.str("PROMO_SIGN_UP_LIMITS", default="20/h 60/d")
PROMO_CONFIRMATIONS_AN_HOUR = env.int("PROMO_CONFIRMATIONS_AN_HOUR", default=300)
# How long a sign-up that nobody confirmed is kept.
PROMO_UNCONFIRMED_KEPT = timedelta(days=env.float("PROMO_UNCONFIRMED_KEPT_DAYS", default=30))
# How long it is kept which reader opened what and followed which links; afterwards numbers alone.
PROMO_CLICKS_KEPT = timedelta(days=env.float("PROMO_CLICKS_KEPT_DAYS", default=180))

# Hosts a source may be read from although they are not public (an intranet's calendar).
PROMO_FEED_HOSTS = env.list("PROMO_FEED_HOSTS", default=[])

# The lease of a claim must outlive the longest call of any channel; checked at start-up.
PROMO_LEASE = timedelta(seconds=env.float("PROMO_LEASE_SECONDS", default=300))
# No call of a channel takes longer.
PROMO_LONGEST_CALL = timedelta(seconds=env.float("PROMO_LONGEST_CALL_SECONDS", default=120))
# How late a network may still apply a timed-out request; absence counts only after it.
PROMO_QUIET_PERIOD = timedelta(seconds=env.float("PROMO_QUIET_PERIOD_SECONDS", default=900))
# When a publication whose outcome is unknown is looked for, counted from its mark.
PROMO_LOOKS = [
    timedelta(seconds=s) for s in env.list("PROMO_LOOK_SECONDS", float, [5.0, 30.0, 120.0, 600.0])
]
# A private key in PEM, where Promo and not the relay signs mails (DKIM), and its name in DNS.
PROMO_DKIM_KEY = env.str("PROMO_DKIM_KEY", default="")
PROMO_DKIM_SELECTOR = env.str("PROMO_DKIM_SELECTOR", default="promo")

# How long a worker holds a batch of a mailing that it does not renew; it renews every quarter.
PROMO_MAIL_LEASE = timedelta(seconds=env.float("PROMO_MAIL_LEASE_SECONDS", default=10))
# The log of the Postfix that takes all our mail, where it is on this machine; "": none.
PROMO_RELAY_LOG = _plain("PROMO_RELAY_LOG")
# How long the relay may be at work on a mail whose sender is gone; only then its log is asked.
PROMO_RELAY_QUIET = timedelta(seconds=env.float("PROMO_RELAY_QUIET_SECONDS", default=900))
# The waits after each put-off attempt to mail a reader, who is given up after the last one; the
# first is also how long a batch rests whose relay was away.
PROMO_MAIL_WAITS = [
    timedelta(seconds=s)
    for s in env.list(
        "PROMO_MAIL_WAIT_SECONDS", float, [30.0, 120.0, 600.0, 1800.0, 7200.0, 21600.0, 86400.0]
    )
]
# A hint that brought no claim within this time is given again.
PROMO_HINT_AGAIN = timedelta(seconds=env.float("PROMO_HINT_AGAIN_SECONDS", default=60))

INSTALLED_APPS = [
    "promo.apps.PromoConfig",
    "tasks",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.sites",
    "wagtail.search",
    "wagtail.contrib.settings",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",  # for its words: Wagtail tells times with it
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "promo.public.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "promo" / "desk" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "wagtailadmin_login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "pl"
LANGUAGES = [("pl", _("Polish")), ("en", _("English"))]
# Ours, and how the desk words what Wagtail says; both win over what the applications bring.
LOCALE_PATHS = [ROOT / "promo" / "locale", ROOT / "promo" / "desk" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("PROMO_ZONE", default="Europe/Warsaw")

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [ROOT / "promo" / part / "static" for part in ("desk", "public")]
MEDIA_URL = "/media/"
MEDIA_ROOT = HOME / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Only the pages of an https address may ask for secure cookies: on one machine it is plain http.
SECURE = PROMO_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

WAGTAIL_SITE_NAME = "Promo"
WAGTAILADMIN_BASE_URL = PROMO_BASE_URL
WAGTAILADMIN_PERMITTED_LANGUAGES = [("pl", "Polski"), ("en", "English")]
WAGTAILIMAGES_IMAGE_MODEL = "promo.Photo"
WAGTAILIMAGES_IMAGE_FORM_BASE = "promo.desk.forms.PhotoForm"
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 30 * 2**20
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000
WAGTAILIMAGES_EXTENSIONS = ["jpg", "jpeg", "png", "webp", "gif"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_AUTO_UPDATE_PREVIEW_INTERVAL = 200
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = True
WAGTAILADMIN_NOTIFICATION_USE_HTML = False
WAGTAILADMIN_USER_LOGIN_FORM = "promo.desk.forms.LoginForm"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("PROMO_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        # A line for every tick would fill the disk and hide what matters.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},  # aiosmtpd's: every command, with the addresses in it
        "flufl.bounce": {"level": "CRITICAL"},  # tells of each of its detectors at each mail
    },
}
# Its own printer raises where the log has no room, in the middle of whatever it tells of: a lost
# answer would not be settled. Logging goes on.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)
