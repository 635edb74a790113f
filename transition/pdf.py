"""HTML to PDF by WeasyPrint, without a network: only our own static files and the files handed over are read."""

import logging
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import default_storage
from django.templatetags.static import static

# Addresses inside a document are resolved against this one, which never exists.
BASE = "https://document.invalid/"

# It warns about every style sheet rule meant for screens.
logging.getLogger("weasyprint").setLevel(logging.ERROR)


class NoPdfError(Exception):
    """This machine lacks what WeasyPrint needs (Pango)."""


def pdf_of(html: str, stored: Mapping[str, str]) -> bytes:
    """The document as PDF. `stored` maps the addresses of photos in it to their names in the storage.

    Any other address is left out. Raises NoPdfError. WeasyPrint is loaded only here: it takes a second, and
    loading it is what fails where Pango is missing.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except (ImportError, OSError) as missing:
        raise NoPdfError from missing

    class OnlyOurs(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            content = read(url, stored)
            kind = mimetypes.guess_type(urlsplit(url).path)[0] or "image/jpeg"
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    return bytes(HTML(string=html, base_url=BASE, url_fetcher=OnlyOurs()).write_pdf())


def read(url: str, stored: Mapping[str, str]) -> bytes:
    """The content behind an address of a document. ValueError for any that is not ours."""
    if not url.startswith(BASE):
        raise ValueError(f"not read: {urlsplit(url).scheme}")
    path = "/" + unquote(urlsplit(url).path).lstrip("/")
    if path in stored:
        with default_storage.open(stored[path]) as file:
            return bytes(file.read())
    root = urlsplit(static("")).path
    if path.startswith(root) and ".." not in path:
        name = path.removeprefix(root)
        if found := finders.find(name):
            return Path(found).read_bytes()
        with staticfiles_storage.open(name) as file:
            return bytes(file.read())
    raise ValueError("not read: no file of ours")
