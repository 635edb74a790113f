"""Everything held about one person as one file: a page to read, the same as JSON, and the photos."""

import json
import tempfile
import zipfile
from typing import IO

from django.core.files.storage import default_storage
from django.http import FileResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header

from transition import clock
from transition.queries.own_data import LEFT_OUT, OwnData

IN_MEMORY = 5_000_000


def response(data: OwnData) -> FileResponse:
    """To save. Named after a code and a day, not after anybody."""
    name = f"{data.person.code}-{clock.local_date(data.made_at):%Y%m%d}.zip"
    answer = FileResponse(write(data), content_type="application/zip")
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def write(data: OwnData) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the answer closes it
    missing = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, stored in data.files:
            try:
                with default_storage.open(stored) as photo:
                    archive.writestr(name, photo.read())
            except FileNotFoundError:
                missing.append(name)
        archive.writestr("data.json", as_json(data, missing))
        context = {"data": data, "missing": missing, "left_out": LEFT_OUT.items()}
        archive.writestr("index.html", render_to_string("transition/own_data.html", context))
    file.seek(0)
    return file


def as_json(data: OwnData, missing: list[str]) -> str:
    content = {
        "made_at": data.made_at.astimezone(clock.TOKYO).isoformat(),
        "person": str(data.person.public_id),
        "with_others": data.with_others,
        "tables": [
            {"model": table.model, "label": table.label, "fields": dict(table.fields), "rows": table.rows}
            for table in data.tables
        ],
        "files": [name for name, _ in data.files if name not in missing],
        "missing_files": missing,
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
