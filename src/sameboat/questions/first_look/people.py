"""Columns about persons, found by their names and by what they hold.

Rather one column too many is left out than one too few: bringing a column back is one line in
the project, and data that were loaded once are hard to take back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sameboat.project.names import words
from sameboat.project.principles.trust import names_people
from sameboat.project.privacy import looks_personal
from sameboat.questions.first_look.profile import Column, Profile
from sameboat.questions.first_look.words import names_a_key, singular

Standing = Literal["personal", "pseudonymous"]
Kind = Literal["employee", "contact"]

_WORKERS = frozenset(
    {
        "employee", "staff", "agent", "owner", "assignee", "rep", "salesperson", "manager",
        "worker", "operator", "approver", "reviewer", "author", "creator", "editor", "actor",
        "submitter", "technician", "recruiter", "supervisor", "engineer", "reporter",
    }
)  # fmt: skip
_OUTSIDERS = frozenset(
    {
        "contact", "user", "person", "people", "caller", "requester", "respondent", "visitor",
        "subscriber", "member", "patient", "student", "participant", "recipient", "invitee",
        "prospect", "buyer", "lead", "guest", "passenger", "tenant", "citizen", "applicant",
        "customer", "attendee", "donor", "cardholder",
    }
)  # fmt: skip
_ONE_PERSON = _OUTSIDERS - {"customer", "lead", "buyer", "prospect", "tenant", "member"}
_VERSIONS = frozenset({"history", "data", "postgres", "snowflake", "master", "old", "new"})
_ACTED = re.compile(
    r"(?:.*_)?(?:created|opened|closed|resolved|updated|modified|assigned|approved|reviewed"
    r"|submitted|edited|deleted|answered|handled|sold|entered|changed|requested|reported|merged)"
    r"_(?:by|to)(?:_id|_key|_name|_user)*"
)
_NAMES = re.compile(
    r"(?:.*_)?(?:first|last|middle|given|family|maiden|sur|user|real|contact"
    r"|customer|employee|recipient|person|patient|card_holder|cardholder|from|to|reply_to)"
    r"_?name|surname|forename|username|login(?:_id|_name)|community_nickname"
    r"|(?:vor|nach)name|about_me"
)
_OWN_NAMES = re.compile(r"name|display_name|full_?name|alias|nickname|login|signature|legal_name")
_WAYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("e-mail", re.compile(
        r"(?:.*_)?(?:e_?mails?|mail_?address|email_address)(?:_(?:c|\d|value))?")),
    ("phone", re.compile(
        r"(?:.*_)?(?:tele)?(?:phone|mobile|fax|handy|telefon)(?:_?(?:no|nr|number))?")),
    ("IP address", re.compile(r"(?:.*_)?ip(?:_?(?:address|addr|v4|v6))(?:_.*)?|ip")),
    ("address", re.compile(
        r"(?:.*_)?(?:address(?:_?line)?_?\d?|street(?:_?\d|_name|_number)?|strasse|house_number"
        r"|home_address)")),
    ("birth date", re.compile(
        r"(?:.*_)?(?:birth_?(?:date|day|year)|date_of_birth|dob|geburtsdatum)")),
    ("national id", re.compile(
        r"(?:.*_)?(?:national_?id|ssn|social_security|passport|nino|tax_?id|steuer_?id|iban"
        r"|driving_?licen[cs]e|identity_?card|personal_?(?:id|number|code))(?:_.*)?")),
    ("card", re.compile(r"(?:.*_)?(?:card_?number|last_?4|fingerprint|cvc|cvv)(?:_.*)?")),
    ("pay", re.compile(r"(?:.*_)?(?:salary|base_rate|wage)")),
    ("secret", re.compile(r"(?:.*_)?(?:password|token|secret|authenticity_token)")),
)  # fmt: skip
_PERSON_PLACE = re.compile(
    r"(?:.*_)?(?:postal_?code|zip(?:_?code)?|plz|latitude|longitude|photo_?url|.*photo_url|suffix)"
)
_FREE_TEXT = re.compile(
    r"(?:.*_)?(?:body|comments?|message|notes?|details?|description|text|remarks?|feedback)"
    r"(?:_text)?"
)
_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{0,4}")
_PHONE = re.compile(
    r"\+\d[\d\s().-]{6,18}|\(?\d{2,5}\)[\s-]?\d{3,}[\d\s-]*|\d{3}-\d{3}-\d{4}|0\d{2,5}[\s/-]\d{4,}"
)
_SOCIAL = re.compile(r"\d{3}-\d{2}-\d{4}|[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]")
_FIRST_NAMES = frozenset(
    """ann anna anne maria mary james john robert michael william david richard joseph thomas
    charles christopher daniel matthew anthony mark donald steven paul andrew joshua kenneth kevin
    brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen
    larry justin scott brandon benjamin samuel gregory frank alexander raymond patrick jack dennis
    jerry tyler aaron jose adam nathan henry peter kyle patricia jennifer linda elizabeth barbara
    susan jessica sarah karen lisa nancy betty margaret sandra ashley kimberly emily donna michelle
    carol amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia kathleen amy angela
    shirley brenda emma pamela nicole helen samantha katherine christine olivia julia claire sophie
    hans klaus juergen jürgen wolfgang stefan andreas martin petra sabine monika ursula karin heike
    sven lars erik ingrid astrid pierre jean luc marie isabelle carlos juan luis miguel carmen ana
    giulia marco luca paolo ahmed mohammed fatima ali wei li chen yuki hiroshi priya raj amit bob
    tom tim jim joe ben sam kate jane alice lena max felix lukas jonas eva ida nina oliver
    """.split()
)  # fmt: skip

_DIRECT = frozenset(
    {"name", "e-mail", "birth date", "holds e-mail addresses", "holds names of people"}
)
"""What tells at once who somebody is."""


@dataclass(frozen=True)
class Person:
    """A column about persons: how it should stand, and why."""

    column: str
    standing: Standing
    why: str


@dataclass(frozen=True)
class People:
    """What a table holds about persons, before its keys are known."""

    table: str
    columns: tuple[Person, ...]
    rows_are: Kind | None  # each row is a person

    def standing(self, column: str) -> Standing | None:
        """How a column should stand, None where it is not about persons."""
        return next((p.standing for p in self.columns if p.column == column), None)


def people(table: Profile) -> People:
    """The columns of a table that are about persons."""
    rows_are = _rows_are(table)
    found = _all_judged(table, rows_are)
    direct = any(person.why in _DIRECT for person in found)
    called = _called(table)
    if rows_are is None and direct and called & (_OUTSIDERS | _WORKERS):
        rows_are = "employee" if called & _WORKERS else "contact"
        found = _all_judged(table, rows_are)
    return People(table.name, tuple(found), rows_are)


def _all_judged(table: Profile, rows_are: Kind | None) -> list[Person]:
    judged = ((column.name, _judged(column, rows_are)) for column in table.columns)
    return [Person(name, *found) for name, found in judged if found is not None]


def acts_for(column: str) -> Kind | None:
    """Whose key a column of that name would be: an employee's, an outsider's, or nobody's.

    >>> acts_for("assigned_to"), acts_for("caller_id"), acts_for("account_id")
    ('employee', 'contact', None)
    """
    parts = words(column)
    if _ACTED.fullmatch("_".join(parts)):
        return "employee"
    named = [part for part in parts if part not in ("id", "key", "number", "uuid")]
    last = named[-1] if named else ""
    if last == "lead" and names_a_key(column):
        return "contact"
    if last in _WORKERS or (last == "user" and len(named) > 1):
        return "employee"
    return "contact" if last in _ONE_PERSON else None


def of_a_worker(column: str) -> bool:
    """Whether a column's name speaks of somebody who works here.

    >>> of_a_worker("owner_email"), of_a_worker("customer_email")
    (True, False)
    """
    return bool(set(words(column)) & _WORKERS)


def _called(table: Profile) -> set[str]:
    """What a row is called: the last word of the table's name that means something."""
    parts = [part for part in words(singular(table.name)) if part not in _VERSIONS]
    return set(parts[-1:])


def _rows_are(table: Profile) -> Kind | None:
    """Whose data each row is, where each row is one person."""
    plain = {"_".join(words(column.name)) for column in table.columns if column.filled}
    called = _called(table)
    named = bool(plain & {"first_name", "last_name", "surname", "firstname", "lastname", "vorname"})
    born = any(re.fullmatch(r"(?:date_of_)?birth_?(?:date|day)?|dob", name) for name in plain)
    reached = bool(
        plain & {"name", "full_name", "email", "email_address", "mail", "username", "phone"}
    )
    person = bool(called & (_ONE_PERSON | _WORKERS))
    if not (named or born or (person and reached)):
        return None
    hired = bool(plain & {"hire_date", "salary", "vacation_hours", "employee_number", "job_title"})
    return "employee" if called & _WORKERS or hired else "contact"


def _judged(column: Column, rows_are: Kind | None) -> tuple[Standing, str] | None:
    name = "_".join(words(column.name))
    if column.filled == 0 and not looks_personal(column.name):
        return None
    by_name = _by_name(column, name, rows_are)
    if by_name is not None:
        return "personal", by_name
    content = _by_content(column)
    if content is not None:
        return "personal", content
    acting = acts_for(column.name) if column.kind in ("text", "integer", "other") else None
    sign = column.kind == "text" and column.longest <= 2 and len(words(column.name)) == 1
    if acting is not None and not sign:  # an 'operator' may be + or -
        if acting == "contact" and (names_a_key(column.name) or column.kind == "integer"):
            return "pseudonymous", "tells people apart; hashed"
        return "personal", "who did it"
    if looks_personal(column.name) or (column.kind == "text" and names_people(column.name)):
        return "personal", "by its name"
    return None


def _by_name(column: Column, name: str, rows_are: Kind | None) -> str | None:
    if column.kind == "boolean":
        return None
    for why, pattern in _WAYS:
        if pattern.fullmatch(name):
            return why
    if column.kind != "text":
        return "part of the name or place" if rows_are and _PERSON_PLACE.fullmatch(name) else None
    if _NAMES.fullmatch(name) and not (name.endswith("customer_name") and rows_are is None):
        return "name"
    if rows_are and _OWN_NAMES.fullmatch(name):
        return "name"
    if rows_are and _PERSON_PLACE.fullmatch(name):
        return "part of the name or place"
    if _FREE_TEXT.fullmatch(name) and column.longest > 60 and column.distinct > 3:
        return "free text may name people"
    return None


def _by_content(column: Column) -> str | None:
    if column.kind != "text" or not column.sample:
        return None
    if column.emails:
        return "holds e-mail addresses"
    if column.share(_IP) > 0.5:
        return "holds IP addresses"
    if column.share(_SOCIAL) > 0.6:
        return "holds national ids"
    if column.share(_PHONE) > 0.6:
        return "holds phone numbers"
    if _share_of_names(column) >= 0.3:
        return "holds names of people"
    return None


def _share_of_names(column: Column) -> float:
    """How much of the sample reads like a first name with a family name after it."""
    hits = 0
    for value in column.sample:
        parts = value.replace(",", " ").split()
        if 2 <= len(parts) <= 3 and any(part.lower() in _FIRST_NAMES for part in parts):
            hits += all(part[:1].isupper() for part in parts)
    return hits / len(column.sample) if len(column.sample) >= 2 else 0.0
