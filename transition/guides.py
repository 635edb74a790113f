"""The guides of docs/guide as pages: read once, when this module is imported. They hold no data."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from transition.enums import COORDINATING_KINDS, HOSTING_KINDS, OrganizationKind

FOLDER = settings.BASE_DIR / "docs" / "guide"
START = "index"
SLUGS = ("worker", "home", "facility", "city", "family", "person")
# Whose organization reads which guide first.
OWN = (
    (HOSTING_KINDS, "home"),
    ((OrganizationKind.FACILITY, OrganizationKind.HOSPITAL), "facility"),
    (COORDINATING_KINDS, "city"),
    (tuple(OrganizationKind), "worker"),
)
_GUIDE_LINK = re.compile(r"([a-z]+)\.md")


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: its title, and all below it as HTML with an id for each heading."""

    slug: str
    title: str
    html: SafeString


def own_slug(kind: str) -> str:
    """The guide of the people of one kind of organization, or empty."""
    return next((slug for kinds, slug in OWN if kind in kinds), "")


def in_order(own: str) -> list[Guide]:
    """All guides but the start, one's own first."""
    return [GUIDES[slug] for slug in sorted(SLUGS, key=lambda slug: slug != own)]


def render(slug: str, text: str) -> Guide:
    """CommonMark without raw HTML. The first heading is the title; `worker.md` becomes that guide's address."""
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(text)
    if not (tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1"):
        raise ValueError(f"{slug}.md does not begin with its title")
    title, body = tokens[1].content, tokens[3:]
    headings = [token for token in body if token.type == "heading_open"]
    for number, heading in enumerate(headings, start=1):
        heading.attrSet("id", f"h-{number}")
    for token in body:
        for child in token.children or []:
            if child.type == "link_open" and (found := _GUIDE_LINK.fullmatch(str(child.attrGet("href")))):
                child.attrSet("href", f"{'' if slug == START else '../'}{found[1]}/")
    html = reader.renderer.render(body, reader.options, {})
    return Guide(slug, title, mark_safe(html))  # noqa: S308 - our own text, and raw HTML in it is escaped


GUIDES = {slug: render(slug, (FOLDER / f"{slug}.md").read_text(encoding="utf-8")) for slug in (START, *SLUGS)}
