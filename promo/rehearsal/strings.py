"""Every text of the rehearsal pages, in Polish and English.

A small dictionary of our own: gettext would bring Django in, and this process stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LANGUAGES = ("pl", "en")
ONE_LETTER = re.compile(r"\b([aiouwzAIOUWZ]) ")
# One text for each language; a counted text has Polish one/few/many and English one/other.
TEXTS: Mapping[str, tuple[str, str]] = {
    "world": ("Świat próbny", "Rehearsal world"),
    "skip": ("Przejdź do treści", "Skip to content"),
    "start": ("Start", "Start"),
    "menu": ("Menu", "Menu"),
    "other_language": ("English", "Polski"),
    "start_lead": (
        "To jest świat próbny: udawana strona w serwisie społecznościowym i udawane skrzynki "
        "pocztowe, na których można spokojnie ćwiczyć. Nic, co tu widać, nie trafia do prawdziwych "
        "obserwujących ani odbiorców.",
        "This is the rehearsal world: a pretend social media page and pretend mailboxes to "
        "practise with at ease. Nothing you see here reaches real followers or readers.",
    ),
    "back_to_desk": ("Wróć do Promo", "Back to Promo"),
    "page_title": (
        "Strona próbna – tak widzą ją obserwujący",
        "Rehearsal page – as followers see it",
    ),
    "page_nav": ("Strona", "Page"),
    "page_lead": (
        "Wpisy, które już się ukazały, widziane oczami obserwujących.",
        "Posts that are out, through the eyes of a follower.",
    ),
    "mail_title": ("Poczta próbna", "Rehearsal mail"),
    "mail_nav": ("Poczta", "Mail"),
    "mail_lead": (
        "Każda wiadomość wysłana w czasie próby, do kogokolwiek ją zaadresowano.",
        "Every mail sent during the rehearsal, whoever it was addressed to.",
    ),
    "open_page": ("Otwórz stronę", "Open the page"),
    "open_mail": ("Otwórz pocztę", "Open the mail"),
    "now_faults": ("Włączone usterki", "Faults in force"),
    "faults_lead": (
        "Ktoś włączył usterki, żeby poćwiczyć trudne sytuacje. Liczba mówi, ile razy zadziałały.",
        "Somebody set faults to practise hard situations. The number tells how often they fired.",
    ),
    "clock_moved": (
        "Zegar świata próbnego jest przestawiony. Pokazuje: {time}.",
        "The clock of the rehearsal world was moved. It shows: {time}.",
    ),
    "notice": (
        "Te wpisy są tylko tutaj, nikt inny ich nie widzi.",
        "These posts are here only, nobody else sees them.",
    ),
    "posts": ("Wpisy", "Posts"),
    "post_of": ("Wpis z {time}", "Post of {time}"),
    "no_posts": ("Nic się jeszcze nie ukazało.", "Nothing is out yet."),
    "no_posts_hint": (
        "Gdy Promo opublikuje wpis, pojawi się tu sam w ciągu kilku sekund.",
        "When Promo publishes a post, it appears here by itself within seconds.",
    ),
    "alt_shown": ("Tekst alternatywny: {alt}", "Alternative text: {alt}"),
    "alt_missing": (
        "Brak tekstu alternatywnego – osoby niewidome nie dowiedzą się, co jest na zdjęciu.",
        "No alternative text – blind people will not learn what the picture shows.",
    ),
    "older": ("Starsze", "Older"),
    "newer": ("Nowsze", "Newer"),
    "paging": ("Strony listy", "Pages of the list"),
    "back_to_page": ("Wszystkie wpisy", "All posts"),
    "updated": ("Lista została odświeżona.", "The list was refreshed."),
    "search_label": ("Adres odbiorcy lub jego część", "Recipient's address or a part of it"),
    "search": ("Szukaj", "Search"),
    "search_all": ("Pokaż wszystkie", "Show all"),
    "no_mails": ("Skrzynka jest pusta.", "The mailbox is empty."),
    "no_mails_found": (
        "Pod adres pasujący do „{to}” nie przyszła żadna wiadomość.",
        "No mail came for an address that matches “{to}”.",
    ),
    "no_subject": ("(bez tematu)", "(no subject)"),
    "to": ("Do", "To"),
    "from": ("Od", "From"),
    "received": ("Otrzymano", "Received"),
    "tabs": ("Widoki wiadomości", "Views of the mail"),
    "tab_html": ("Wygląd", "Looks"),
    "tab_text": ("Sam tekst", "Plain text"),
    "tab_headers": ("Nagłówki", "Headers"),
    "frame_title": ("Treść wiadomości: {subject}", "Mail content: {subject}"),
    "no_html": ("Ta wiadomość nie ma części HTML.", "This mail has no HTML part."),
    "no_text": (
        "Ta wiadomość nie ma części tekstowej.",
        "This mail has no plain text part.",
    ),
    "back_to_mail": ("Wszystkie wiadomości", "All mails"),
    "not_found": ("Nie ma takiej strony", "There is no such page"),
    "not_found_lead": (
        "Wpis lub wiadomość mogły zniknąć po wyczyszczeniu świata próbnego.",
        "The post or mail may have gone when the rehearsal world was cleared.",
    ),
    "dialog_title": ("Zgoda na dostęp (próba)", "Consent to access (rehearsal)"),
    "dialog_lead": (
        "Aplikacja „{app}” prosi o dostęp w imieniu: {user}.",
        "The app “{app}” asks for access on behalf of {user}.",
    ),
    "dialog_pages": ("Do których stron?", "To which pages?"),
    "dialog_scopes": ("Na co pozwalasz?", "What do you allow?"),
    "login_title": ("Logowanie (próba)", "Log in (rehearsal)"),
    "login_lead": (
        "Aplikacja „{app}” prosi o dostęp. Kto się loguje?",
        "The app “{app}” asks for access. Who is logging in?",
    ),
    "login_as": ("Zaloguj się jako {user}", "Log in as {user}"),
    "login_manager": (
        "Prowadzi strony biblioteki i ma rolę w aplikacji.",
        "Manages the library’s pages and has a role on the app.",
    ),
    "login_helper": (
        "Ma rolę w aplikacji, ale na stronie tylko przegląda statystyki i moderuje.",
        "Has a role on the app, but on the page may only see statistics and moderate.",
    ),
    "login_stranger": (
        "Nie ma roli w aplikacji, więc Facebook jej nie wpuści.",
        "Has no role on the app, so Facebook does not let her in.",
    ),
    "shut_title": (
        "Ta aplikacja jest niedostępna (próba)",
        "This app is not available (rehearsal)",
    ),
    "shut_lead": (
        "{user} nie ma roli w aplikacji „{app}”. Na prawdziwym Facebooku trzeba ją dodać w panelu "
        "aplikacji, w części „Role w aplikacji”.",
        "{user} has no role on the app “{app}”. At the real Facebook it must be added in the app’s "
        "dashboard, under “App roles”.",
    ),
    "shut_back": ("Wróć do aplikacji", "Back to the app"),
    "practise": ("Trudne sytuacje do przećwiczenia", "Hard situations to practise"),
    "practise_lead": (
        "Wybierz, co ma się zdarzyć na Facebooku, i zobacz, co zrobi Promo.",
        "Choose what is to happen at Facebook, and see what Promo does.",
    ),
    "event": ("Zdarzenie", "Event"),
    "let_it_happen": ("Niech się stanie", "Let it happen"),
    "happened": ("Stało się: {what}", "It happened: {what}"),
    "event_token_expired": ("dostęp wygasł", "the access has expired"),
    "event_password_changed": ("zmiana hasła na Facebooku", "the password was changed"),
    "event_app_removed": ("usunięcie aplikacji z konta", "the app was removed from the account"),
    "event_checkpoint": ("kontrola bezpieczeństwa konta", "a security check of the account"),
    "event_permission_withdrawn": (
        "cofnięcie uprawnienia do publikowania",
        "the permission to publish was withdrawn",
    ),
    "event_role_lost": ("utrata roli na stronie", "the role on the page was lost"),
    "event_task_lost": (
        "utrata prawa do tworzenia treści na stronie",
        "the right to create content on the page was lost",
    ),
    "event_development": (
        "aplikacja w trybie programistycznym: posty widzą tylko osoby z rolą",
        "the app is in Development mode: only people with a role see the posts",
    ),
    "event_ends_in_9_days": ("dostęp wygaśnie za 9 dni", "the access ends in 9 days"),
    "event_ends_in_2_days": ("dostęp wygaśnie za 2 dni", "the access ends in 2 days"),
    "event_consent_ends": (
        "zgoda na dostęp do danych wygaśnie za 8 dni",
        "the consent to data access ends in 8 days",
    ),
    "event_answer_lost": (
        "odpowiedź na następny post przepadnie, choć post się ukaże",
        "the answer to the next post is lost, though the post is out",
    ),
    "event_busy": (
        "następne zapytanie zostanie odrzucone: za dużo wywołań",
        "the next call is refused: too many calls",
    ),
    "event_no_page_token": (
        "przy następnym łączeniu strony przyjdą bez tokenów",
        "at the next sign-in the pages come without their tokens",
    ),
    "event_mended": ("Dostęp znów działa", "Access works again"),
    "event_no_faults": ("Wyłącz wszystkie usterki", "Clear all faults"),
    "dialog_continue": ("Kontynuuj", "Continue"),
    "dialog_cancel": ("Anuluj", "Cancel"),
}
COUNTED: Mapping[str, tuple[tuple[str, str, str], tuple[str, str]]] = {
    "n_posts": (("{n} wpis", "{n} wpisy", "{n} wpisów"), ("{n} post", "{n} posts")),
    "n_mails": (
        ("{n} wiadomość", "{n} wiadomości", "{n} wiadomości"),
        ("{n} mail", "{n} mails"),
    ),
    "n_likes": (
        ("{n} osoba lubi tę stronę", "{n} osoby lubią tę stronę", "{n} osób lubi tę stronę"),
        ("{n} person likes this page", "{n} people like this page"),
    ),
    "n_times": (("{n} raz", "{n} razy", "{n} razy"), ("{n} time", "{n} times")),
}


def text(key: str, language: str, **values: object) -> str:
    """The text in the language, with its values put in. Raises KeyError for an unknown key."""
    words = TEXTS[key][LANGUAGES.index(language)]
    if language == "pl":
        # Polish typography leaves no one-letter word alone at the end of a line.
        words = ONE_LETTER.sub("\\1\N{NO-BREAK SPACE}", words)
    return words.format(**values)


def counted(key: str, n: int, language: str) -> str:
    """The text in the plural form that goes with n, with n written the language's way."""
    polish, english = COUNTED[key]
    if language == "pl":
        return polish[_polish_form(n)].format(n=f"{n:,}".replace(",", "\N{NO-BREAK SPACE}"))
    return english[n != 1].format(n=f"{n:,}")


def _polish_form(n: int) -> int:
    if n == 1:
        return 0
    last, last_two = n % 10, n % 100
    return 1 if last in (2, 3, 4) and last_two not in (12, 13, 14) else 2
