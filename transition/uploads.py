"""How uploaded files come in, before any view sees them."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from transition import outages

# Twenty megabytes and one piece more, so that whoever takes the file sees that it was too large.
LIMIT = 20 * 1024 * 1024


class StopAtLimit(FileUploadHandler):
    """Lets a file's first LIMIT bytes and a little more through and drops the rest: no upload fills the disk.
    While it is nearly full, none begins."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if not outages.is_room_for_uploads():
            raise outages.DiskNearlyFull
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= LIMIT else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None
