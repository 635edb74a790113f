"""The encrypted tar, written and read as a stream: memory stays the same however large the data is.

about.json comes first, then pieces of the database, then the media; manifest.json comes last, so that an archive
which was cut short has none.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

import pyrage

from transition.services.backups.digests import Digest
from transition.services.backups.failures import Damaged, WrongKey

FORMAT = 1
PIECE = 8 * 1024 * 1024
BLOCK = 1024 * 1024
ABOUT, MANIFEST, DATABASE, MEDIA = "about.json", "manifest.json", "database/", "media/"
DAMAGED = (
    "このファイルは壊れているか、とちゅうで切れているか、書きかえられています。ほかの日のバックアップを使ってください。"
)


@dataclass(frozen=True, slots=True)
class About:
    """What one must know before anything is put back."""

    vendor: str
    made_at: str
    release: str
    # "app.name" of every migration that was applied.
    migrations: list[str]
    format: int = FORMAT


@dataclass(slots=True)
class Content:
    """What a stretch of the archive adds up to."""

    files: int = 0
    bytes: int = 0
    # Of the database: of its bytes. Of the media: a sum over all files, names and bytes, in any order.
    sum: str = ""


@dataclass(slots=True)
class Manifest:
    database: Content = field(default_factory=Content)
    media: Content = field(default_factory=Content)
    tables: dict[str, Digest] = field(default_factory=dict)


class Writing:
    """Adds to the tar. Used through `writing`."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._manifest = Manifest()
        self._database = hashlib.sha256()
        self._media = 0

    def about(self, about: About) -> None:
        self._json(ABOUT, asdict(about))

    def database(self, source: IO[bytes]) -> None:
        """All of it, until its end; a pipe will do."""
        content = self._manifest.database
        while piece := _read(source, PIECE):
            self._database.update(piece)
            content.files += 1
            content.bytes += len(piece)
            packed = gzip.compress(piece, compresslevel=6, mtime=0)
            self._add(f"{DATABASE}{content.files:06d}.gz", io.BytesIO(packed), len(packed))
        content.sum = self._database.hexdigest()

    def media(self, root: Path) -> None:
        """Every file below `root`; one that is taken out meanwhile is left out."""
        content = self._manifest.media
        for path in _files(root):
            name = path.relative_to(root).as_posix()
            with suppress(FileNotFoundError), path.open("rb") as source:
                size = os.fstat(source.fileno()).st_size
                hashing = _Hashing(source, name)
                self._add(f"{MEDIA}{name}", hashing, size)
                content.files += 1
                content.bytes += size
                self._media += hashing.number
        content.sum = _sum(self._media)

    def finish(self, tables: dict[str, Digest]) -> Manifest:
        self._manifest.tables = tables
        self._json(MANIFEST, asdict(self._manifest))
        return self._manifest

    def _json(self, name: str, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False).encode()
        self._add(name, io.BytesIO(text), len(text))

    def _add(self, name: str, source: Any, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size = size
        member.mode = 0o600
        self._tar.addfile(member, source)


@contextmanager
def writing(target: IO[bytes], recipient: pyrage.x25519.Recipient) -> Iterator[Writing]:
    """Everything added goes encrypted into `target`. Raises what writing to it raised."""
    reader, writer = os.pipe()
    kept = _Kept(target)

    def encrypt() -> None:
        with os.fdopen(reader, "rb") as source:
            kept.run(lambda: pyrage.encrypt_io(source, kept, [recipient]))

    thread = threading.Thread(target=encrypt)
    thread.start()
    try:
        with os.fdopen(writer, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|", bufsize=BLOCK) as tar:
            yield Writing(tar)
    except BrokenPipeError:
        if kept.error is None:
            thread.join()
        if kept.error is None:
            raise
    finally:
        thread.join()
    if kept.error is not None:
        raise kept.error


class _Kept:
    """A file that remembers why it could not be written: the library tells only that it could not."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._target.write(data)
        except BaseException as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._target.flush()

    def run(self, act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:
            # For the thread that waits.
            self.error = self.error or error


def read(
    path: Path,
    identity: pyrage.x25519.Identity,
    *,
    database: IO[bytes],
    media: Path | None,
    accept: Callable[[About], None],
) -> tuple[About, Manifest]:
    """Take an archive apart: the database into a file, the media into an empty folder (None: only looked at).

    `accept` may refuse by what stands in front, before anything is written. Raises Damaged unless every byte is as it
    was written, to the end.
    """
    reader, writer = os.pipe()
    failed: list[BaseException] = []

    def decrypt() -> None:
        with os.fdopen(writer, "wb") as pipe, suppress(BrokenPipeError):
            try:
                with path.open("rb") as source:
                    pyrage.decrypt_io(source, pipe, [identity])
                pipe.flush()
            except BaseException as error:
                # For the thread that waits.
                failed.append(error)

    thread = threading.Thread(target=decrypt)
    thread.start()
    try:
        with os.fdopen(reader, "rb") as pipe:
            try:
                with tarfile.open(fileobj=pipe, mode="r|", bufsize=BLOCK) as tar:
                    found = _take_apart(tar, database, media, accept)
                while pipe.read(BLOCK):
                    pass
            except (tarfile.TarError, EOFError, gzip.BadGzipFile, ValueError, KeyError, TypeError) as error:
                raise Damaged(DAMAGED) from error
            finally:
                pipe.close()
                thread.join()
                _explain(failed)
    finally:
        thread.join()
    return found


def _explain(failed: list[BaseException]) -> None:
    match failed:
        case [pyrage.DecryptError() as error] if "matching keys" in str(error):
            raise WrongKey(
                "鍵が合いません。このバックアップを作ったときの鍵を BACKUP_KEY に入れてください。"
            ) from error
        case [FileNotFoundError() | PermissionError() as error]:
            raise error
        case [OSError() | pyrage.DecryptError() as error] if not isinstance(error, BrokenPipeError):
            raise Damaged(DAMAGED) from error


def _take_apart(
    tar: tarfile.TarFile, database: IO[bytes], media: Path | None, accept: Callable[[About], None]
) -> tuple[About, Manifest]:
    about, manifest = None, None
    found = Manifest()
    hashed, media_sum = hashlib.sha256(), 0
    for member in tar:
        source = tar.extractfile(member) if member.isreg() else None
        if source is None or manifest is not None or (about is None) != (member.name == ABOUT):
            raise Damaged(DAMAGED)
        if member.name == ABOUT:
            about = About(**json.load(source))
            if about.format != FORMAT:
                raise Damaged("このバックアップの形式は、この版では読めません。新しい版で試してください。")
            accept(about)
        elif member.name == MANIFEST:
            manifest = _manifest(json.load(source))
        elif member.name.startswith(DATABASE):
            found.database.files += 1
            if member.name != f"{DATABASE}{found.database.files:06d}.gz":
                raise Damaged(DAMAGED)
            with gzip.open(source) as unpacked:
                while block := unpacked.read(BLOCK):
                    hashed.update(block)
                    found.database.bytes += len(block)
                    database.write(block)
        else:
            name = _safe(member.name)
            hashing = _Hashing(source, name)
            _copy(hashing, None if media is None else media / name)
            found.media.files += 1
            found.media.bytes += member.size
            media_sum += hashing.number
    found.database.sum, found.media.sum = hashed.hexdigest(), _sum(media_sum)
    if about is None or manifest is None or (manifest.database, manifest.media) != (found.database, found.media):
        raise Damaged(DAMAGED)
    return about, manifest


def _manifest(value: Any) -> Manifest:
    tables = {name: Digest(**one) for name, one in value["tables"].items()}
    return Manifest(Content(**value["database"]), Content(**value["media"]), tables)


def _safe(name: str) -> str:
    """The path below the media folder; never out of it."""
    path = PurePosixPath(name)
    if not name.startswith(MEDIA) or ".." in path.parts or "\\" in name:
        raise Damaged(DAMAGED)
    return path.relative_to(MEDIA).as_posix()


def _copy(source: "_Hashing", target: Path | None) -> None:
    if target is None:
        while source.read(BLOCK):
            pass
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with create(target) as file:
        while block := source.read(BLOCK):
            file.write(block)
        os.fsync(file.fileno())


def create(path: Path) -> BinaryIO:
    """A new file that nobody but ourselves can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _read(source: IO[bytes], size: int) -> bytes:
    """As much as asked for unless it ends; a pipe gives less at a time."""
    parts, left = [], size
    while left and (part := source.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


class _Hashing:
    """Reads on, and knows in the end what this file, by name and bytes, adds to a sum."""

    def __init__(self, source: Any, name: str) -> None:
        self._source = source
        self._hash = hashlib.sha256(f"{len(name.encode())}:{name}".encode())

    def read(self, size: int = BLOCK) -> bytes:
        block: bytes = self._source.read(size)
        self._hash.update(block)
        return block

    @property
    def number(self) -> int:
        return int.from_bytes(self._hash.digest())


def _sum(number: int) -> str:
    return f"{number % 2**256:064x}"
