"""Put a backup back: everything is unpacked and checked beside its place first, and takes it only when it is whole."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from transition.services.backups import keys, postgres, sqlite
from transition.services.backups.archive import About, Manifest, create, read
from transition.services.backups.databases import filled, name_of, reached
from transition.services.backups.digests import differing
from transition.services.backups.failures import FULL, BackupFailed, Damaged, NoSpace, NotFree, is_full

WORDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Restored:
    about: About
    manifest: Manifest
    # Of this release that the restored database still lacks.
    missing_migrations: list[str]


def verify(*, path: Path) -> Restored:
    """Read it to its end and check it; nothing is put anywhere. An SQLite database is opened as well."""
    with _failures(), tempfile.TemporaryDirectory(prefix="taiken-verify-") as folder:
        staged = Path(folder) / "database"
        with create(staged) as file:
            about, manifest = read(path, keys.identity(), database=file, media=None, accept=_refuse_newer)
        if about.vendor == "sqlite":
            _check_sqlite(staged, manifest)
    return _restored(about, manifest)


def restore(*, path: Path, into: str, media: Path, overwrite: bool = False, confirm: str = "") -> Restored:
    """Into the database of that address and the folder `media`, both empty unless `overwrite`, which `confirm` backs by
    the database's name. Raises BackupFailed, and then everything is as it was.
    """
    identity = keys.identity()
    with _failures(), reached(into) as target:
        _refuse_filled(target, media, overwrite=overwrite, confirm=confirm)
        target.close()
        media.parent.mkdir(parents=True, exist_ok=True)
        # Beside their places, so that taking them is only a change of names; the dump beside the media.
        beside = Path(target.settings_dict["NAME"]).parent if target.vendor == "sqlite" else media.parent
        beside.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=".taiken-restore-", dir=beside) as folder,
            tempfile.TemporaryDirectory(prefix=".taiken-restore-", dir=media.parent) as media_folder,
        ):
            staged, staged_media = Path(folder) / "database", Path(media_folder) / "media"
            staged_media.mkdir(mode=0o700)

            def accept(about: About) -> None:
                _refuse_newer(about)
                if about.vendor != target.vendor:
                    there, here = WORDS[about.vendor], WORDS[target.vendor]
                    raise BackupFailed(
                        f"これは {there} のバックアップで、戻す先は {here} です。"
                        f"{there} に戻してから、manage.py move_database で移してください。"
                    )

            with create(staged) as file:
                about, manifest = read(path, identity, database=file, media=staged_media, accept=accept)
            if target.vendor == "sqlite":
                _check_sqlite(staged, manifest)
            _refuse_filled(target, media, overwrite=overwrite, confirm=confirm)
            with _media_in_place(staged_media, media, Path(media_folder) / "before"):
                if target.vendor == "sqlite":
                    target.close()
                    sqlite.put_in_place(staged, Path(target.settings_dict["NAME"]))
                else:
                    postgres.put_in_place(staged, manifest.tables, target)
    return _restored(about, manifest)


@contextmanager
def _failures() -> Iterator[None]:
    """Every way in which it fails, as one of ours."""
    try:
        yield
    except BackupFailed:
        raise
    except (OSError, DatabaseError) as error:
        if is_full(error):
            raise NoSpace(FULL) from error
        if isinstance(error, OSError):
            raise BackupFailed(f"読み書きできませんでした: {error.strerror}（{error.filename or ''}）") from error
        raise BackupFailed(f"データベースに届かないか、断られました: {type(error).__name__}") from error


def _refuse_filled(target: BaseDatabaseWrapper, media: Path, *, overwrite: bool, confirm: str) -> None:
    name = name_of(target)
    if overwrite:
        if confirm != name:
            raise NotFree(f"上書きするには、--confirm にデータベースの名前を書いてください: --confirm {name}")
        return
    new = target.vendor == "sqlite" and not Path(target.settings_dict["NAME"]).exists()
    if not new and filled(target):
        raise NotFree(
            f"{name} にはもうデータがあります。何も変えていません。"
            f"消して戻してよいときは --overwrite --confirm {name} を付けてください。"
        )
    if media.exists() and any(media.iterdir()):
        raise NotFree(f"{media} にはもうファイルがあります。何も変えていません。空のフォルダーを指定してください。")


def _refuse_newer(about: About) -> None:
    """What a newer release made cannot be used by this one."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := set(about.migrations) - known:
        raise BackupFailed(
            f"このバックアップは、新しい版（{about.release}）で作られています。その版を入れてから戻してください"
            f"（知らない移行: {len(unknown)}件）。"
        )


def _check_sqlite(staged: Path, manifest: Manifest) -> None:
    sqlite.check(staged)
    if wrong := differing(manifest.tables, sqlite.read_tables(staged)):
        raise Damaged(f"{len(wrong)}個の表が、バックアップの合計と合いません。ほかの日のバックアップを使ってください。")


@contextmanager
def _media_in_place(staged: Path, media: Path, before: Path) -> Iterator[None]:
    """The new folder for the old one, and back again when what comes next fails."""
    had = media.exists()
    if had:
        media.rename(before)
    try:
        staged.rename(media)
        yield
    except BaseException:
        if media.exists():
            shutil.rmtree(media)
        if had:
            before.rename(media)
        raise


def _restored(about: About, manifest: Manifest) -> Restored:
    loader = MigrationLoader(None)
    ours = {f"{app}.{name}" for app, name in loader.disk_migrations}
    return Restored(about, manifest, sorted(ours - set(about.migrations)))


def default_media() -> Path:
    return Path(settings.MEDIA_ROOT)
