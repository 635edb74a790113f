"""Looking closely at one page in the browser: axe in several states, width, text spacing, focus."""

import re
from collections import Counter
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDE, NARROW = 1280, 320
# What is right is not described: that takes most of the time.
AXE = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
# The browser saves these instead of showing them.
DOWNLOADS = (".csv", ".pdf", ".ics", "pdf/", "csv/", "/api/schema/")
# An identifier, a number, a month or a day in an address: the same page for another row.
_ROW = re.compile(r"[0-9]+|[0-9a-f-]{36}|[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?|[\w-]{40,}")

# Inline styles are closed by the page's policy; a constructed sheet is what a reader's browser extension uses.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
  const cut = [...document.querySelectorAll("body *")].filter((node) => {
    const style = getComputedStyle(node);
    const hides = (value) => ["hidden", "clip"].includes(value);
    if (!hides(style.overflowX) && !hides(style.overflowY)) return false;
    if (style.clipPath !== "none" || style.position === "absolute") return false;
    if (node.closest("svg, .visually-hidden")) return false;
    if (!node.checkVisibility() || !node.innerText || !node.innerText.trim()) return false;
    return node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1;
  }).map((node) => node.outerHTML.slice(0, 120));
  const wide = document.documentElement.scrollWidth - innerWidth;
  document.adoptedStyleSheets = [];
  return wide > 0 ? [...cut, `${wide} px too wide`] : cut;
}"""

# Each kind of thing that takes the focus, once: is it seen? The last key was Tab, so :focus-visible matches.
UNSEEN_FOCUS = """() => {
  const kinds = new Set(), unseen = [];
  const focusable = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  for (const node of document.querySelectorAll(focusable)) {
    const kind = `${node.tagName} ${node.type || ""} ${node.className}`;
    if (kinds.has(kind) || node.disabled || !node.checkVisibility()) continue;
    node.focus();
    if (document.activeElement !== node) continue;
    kinds.add(kind);
    const style = getComputedStyle(node);
    const seen = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
    const label = node.labels && node.labels[0] ? getComputedStyle(node.labels[0]) : style;
    if (!seen && label.outlineStyle === "none") unseen.push(node.outerHTML.slice(0, 160));
  }
  return unseen;
}"""

# Nobody asked for an order of their own.
ORDERED_BY_HAND = "() => [...document.querySelectorAll('[tabindex]')].filter((node) => node.tabIndex > 0).length"

OPEN_ALL = """() => {
  let opened = 0;
  for (const node of document.querySelectorAll("main details:not([open])")) { node.open = true; opened += 1; }
  for (const node of document.querySelectorAll("[popover]")) {
    try { node.showPopover(); opened += 1; } catch { /* hidden on this page */ }
  }
  return opened;
}"""


class Examiner:
    """Examines pages and keeps count; what is wrong is collected, so that one run tells everything."""

    def __init__(self) -> None:
        self.axe = Axe()
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def note(self, page: Page, state: str, text: str) -> None:
        self.wrong.append(f"{kind_of(path_of(page))} [{state}] {text}")

    def look(self, page: Page, state: str) -> None:
        """axe in the state in which the page now stands."""
        if not page.evaluate("'axe' in window"):
            page.evaluate(self.axe.axe_script)
        found: dict[str, Any] = page.evaluate("options => axe.run(options)", AXE)
        self.counts[state] += 1
        for violation in found["violations"]:
            for node in violation["nodes"]:
                self.note(page, state, f"{violation['id']}: {node['html'][:200]} {node['failureSummary'][:200]}")

    def width(self, page: Page, state: str) -> None:
        much = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if much > 0:
            self.note(page, state, f"{much} px too wide")

    def examine(self, page: Page, *, dark: bool) -> None:
        """Everything, on the page that is open; leaves it wide, light, and with all disclosures open."""
        page.set_viewport_size({"width": WIDE, "height": 900})
        self.width(page, "wide")
        self.look(page, "wide")
        if dark:
            page.emulate_media(color_scheme="dark")
            self.look(page, "dark")
            page.emulate_media(color_scheme="light")
        page.keyboard.press("Tab")
        for unseen in page.evaluate(UNSEEN_FOCUS):
            self.note(page, "focus", f"no visible focus on {unseen}")
        if page.evaluate(ORDERED_BY_HAND):
            self.note(page, "focus", "a tabindex above 0 reorders the page")
        if page.evaluate(OPEN_ALL):
            self.look(page, "open")
        page.set_viewport_size({"width": NARROW, "height": 900})
        self.width(page, "narrow")
        self.look(page, "narrow")
        for cut in page.evaluate(SPACED):
            self.note(page, "text spacing", cut)
        page.set_viewport_size({"width": WIDE, "height": 900})

    def fail_if_wrong(self) -> None:
        assert not self.wrong, "\n".join(self.wrong)


def path_of(page: Page) -> str:
    return page.evaluate("location.pathname + location.search")


def kind_of(path: str) -> str:
    """The path with every identifier taken out, and without its query. The API's nouns are all described alike."""
    if path.startswith("/api/docs/"):
        path = "/api/docs/0/" if path.strip("/").count("/") > 1 else path
    return "/".join("…" if _ROW.fullmatch(part) else part for part in path.partition("?")[0].split("/"))


def links(page: Page) -> list[str]:
    """Where the page leads, without files and without what only a calendar program reads."""
    hrefs = page.eval_on_selector_all("a[href]", "nodes => nodes.map(node => node.href)")
    origin = page.evaluate("location.origin")
    found = [href.removeprefix(origin).split("#")[0] for href in hrefs if href.startswith(origin)]
    return [path for path in found if not path.startswith(("/ical/", "/static/"))]


FORMS = """() => [...document.querySelectorAll("main form")].map((form, index) => ({
  index,
  post: form.method === "post",
  typed: [...form.elements].some((field) => field.matches(
    "input:not([type=hidden], [type=submit], [type=checkbox], [type=file]), select, textarea")),
}))"""

# Everything empty, dates unreadable; the browser's own form, without htmx, so that a whole page answers.
SEND_WRONG = """(index) => {
  const form = document.querySelectorAll("main form")[index];
  for (const field of form.elements) {
    if (field.matches("[type=hidden], [type=submit], button")) continue;
    if (field.matches("[type=radio], [type=checkbox]")) field.checked = false;
    else if (field.matches("select")) field.selectedIndex = -1;
    else field.value = field.matches("[data-date], [data-time]") ? "あ" : "";
  }
  HTMLFormElement.prototype.submit.call(form);
}"""
