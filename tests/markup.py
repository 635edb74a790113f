"""What every page owes its reader, whatever it is about: each check returns what is wrong, in words."""

import re
from html.parser import HTMLParser

from bs4 import BeautifulSoup, Tag

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
# Typed into by nobody.
SILENT = ("hidden", "submit", "button", "image", "reset")
TOKENS = re.compile(r'(name="(?:csrfmiddlewaretoken|idempotency_key)" value="|"X-CSRFToken": ")[^"]*')


def faults(html: str) -> list[str]:
    """Everything wrong with a whole page."""
    page = BeautifulSoup(html, "html.parser")
    return [*_page(page), *_images(page), *_tables(page), *_fields(page), *_errors(page), *_inline(page)]


def same_every_time(html: str) -> str:
    """Without what is new in every rendering."""
    return TOKENS.sub(r"\1", html)


def element(html: str, element_id: str) -> str:
    """The source of one element, exactly as it stands in the page; empty if there is none."""
    finder = _Finder(html, element_id)
    finder.feed(html)
    finder.close()
    return finder.found


def _page(page: BeautifulSoup) -> list[str]:
    found = []
    if page.html is None or page.html.get("lang") != "ja":
        found.append("html has no lang=ja")
    if page.title is None or not page.title.get_text(strip=True):
        found.append("no title")
    heads = [int(head.name[1]) for head in page.find_all(re.compile(r"^h[1-6]$"))]
    if heads.count(1) != 1:
        found.append(f"{heads.count(1)} h1")
    for before, after in zip([0, *heads], heads, strict=False):
        if after > before + 1:
            found.append(f"h{after} follows h{before}")
    ids = [tag["id"] for tag in page.find_all(id=True)]
    found += [f"id {one} stands {ids.count(one)} times" for one in sorted(set(ids)) if ids.count(one) > 1]
    return found


def _images(page: BeautifulSoup) -> list[str]:
    found = []
    for number, image in enumerate(page.find_all("img")):
        found += [f"img without {name}: {image.get('src')}" for name in ("width", "height") if not image.get(name)]
        if image.get("alt") is None:
            found.append(f"img without alt: {image.get('src')}")
        # The drawings of the pages themselves are a few hundred bytes; photos wait until they come into sight.
        if number and image.get("loading") != "lazy" and not str(image.get("src")).startswith("/static/"):
            found.append(f"img not lazy: {image.get('src')}")
    return found


def _tables(page: BeautifulSoup) -> list[str]:
    found = []
    for table in page.find_all("table"):
        name = table.get("class") or table.get("id")
        if table.caption is None or not table.caption.get_text(strip=True):
            found.append(f"table without caption: {name}")
        if not table.find("th"):
            found.append(f"table without th: {name}")
        found += [f"th without scope: {th.get_text(strip=True)}" for th in table.find_all("th") if not th.get("scope")]
    return found


def _fields(page: BeautifulSoup) -> list[str]:
    labels = {label.get("for") for label in page.find_all("label")}
    found = []
    for control in _controls(page):
        named = control.get("aria-label") or control.get("aria-labelledby")
        if not named and control.get("id") not in labels:
            found.append(f"no label for {control.get('name')} (id {control.get('id')})")
    return found


def _errors(page: BeautifulSoup) -> list[str]:
    """A message stands with its field, and whoever cannot see it hears it there."""
    described = {
        one for tag in page.find_all(attrs={"aria-describedby": True}) for one in str(tag["aria-describedby"]).split()
    }
    ids = {tag["id"] for tag in page.find_all(id=True)}
    found = [f"aria-describedby names nothing: {one}" for one in sorted(described - ids)]
    for error in page.select(".field .field-errors"):
        if error.get("id") not in described:
            found.append(f"error tied to no field: {error.get_text(strip=True)}")
    return found


def _inline(page: BeautifulSoup) -> list[str]:
    found = [f"inline style: {tag.name} {tag['style']}" for tag in page.find_all(style=True)]
    found += ["a style element" for _ in page.find_all("style")]
    found += ["an inline script" for script in page.find_all("script") if not script.get("src") and not _data(script)]
    for tag in page.find_all(True):
        found += [f"{tag.name} {name}" for name in tag.attrs if re.fullmatch(r"on[a-z]+", name)]
    return found


def _data(script: Tag) -> bool:
    return script.get("type") == "application/json"


def _controls(page: BeautifulSoup) -> list[Tag]:
    return [control for control in page.find_all(["input", "select", "textarea"]) if control.get("type") not in SILENT]


class _Finder(HTMLParser):
    """Remembers where the element begins and where its own end tag ends."""

    def __init__(self, html: str, element_id: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html, self.element_id = html, element_id
        self.lines = [0]
        for line in html.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.start: int | None = None
        self.depth = 0
        self.found = ""

    def _here(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.found:
            return
        if self.start is None:
            if dict(attrs).get("id") != self.element_id:
                return
            self.start = self._here()
            self.tag = tag
            if tag in VOID:
                self.found = self.get_starttag_text() or ""
        if tag == self.tag:
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self.start is None or self.found or tag != self.tag:
            return
        self.depth -= 1
        if self.depth == 0:
            here = self._here()
            self.found = self.html[self.start : self.html.index(">", here) + 1]
