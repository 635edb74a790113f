"""What every resource of the API does alike; a resource says what it shows, to whom, and which service it calls."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import HttpResponse, QueryDict
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from transition.api.errors import Replayed
from transition.models import IdempotencyKey, User
from transition.services import transactions
from transition.services.transactions import KeyReused, RequestKey

R = TypeVar("R")

LONGEST_KEY = 64
ETAG_LENGTH = 32


class SaysWhoAsks(APIView):
    """Asks for a sign-in itself, and answers 401 in JSON instead of leading to a page."""

    login_required = False

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)
        view.login_required = False  # type: ignore[attr-defined]
        return view


class Resource(viewsets.GenericViewSet[Any], SaysWhoAsks):
    """One noun of the API.

    A resource defines `area` (the scopes of a token), `tag` (its Japanese name in the description),
    `serializer_class` (what goes out) and `get_queryset()` (what the caller may find). An act is: `self.get_object()`
    (404), `self.may(…)` (403), `self.sent(…)` (400), `self.act(service, …)`, `self.answer(row)`.
    """

    area = ""
    tag = ""
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"
    # POST actions that change nothing.
    reading_actions: ClassVar[tuple[str, ...]] = ()
    # Actions whose answer holds a secret: sent again, they answer with the row, without the secret.
    forgotten_actions: ClassVar[tuple[str, ...]] = ()
    _key: RequestKey | None = None

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        view = super().as_view(actions, **initkwargs)
        view.login_required = False  # type: ignore[attr-defined]
        return view

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    @property
    def organization(self) -> Any:
        """For which organization the caller works now; falsy when for none."""
        return getattr(self.request._request, "organization", None)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > LONGEST_KEY:
            said = f"Idempotency-Key は{LONGEST_KEY}文字までです。"
            raise serializers.ValidationError({"Idempotency-Key": [said]})

    def may(self, permission: str, row: models.Model) -> None:
        """Raises PermissionDenied (403) when the caller may find the row but not do this with it."""
        if not self.user.has_perm(permission, row):
            raise PermissionDenied

    def sent(
        self, serializer: type[serializers.Serializer[Any]], *, partial: bool = False, **context: Any
    ) -> dict[str, Any]:
        """What came in, checked. Raises ValidationError (400)."""
        form = serializer(data=self.request.data, partial=partial, context={**self.get_serializer_context(), **context})
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def act(self, service: Callable[..., R], *, of: models.Model | None = None, **values: Any) -> R:
        """Call one service with `by=` the caller and the key of this sending.

        A sending that was answered before is not done again: its answer goes out word for word. `of` is the row that
        an If-Match header speaks of; when it has changed meanwhile, nothing is done (412).
        """
        self._key = self._request_key()
        if self._key is not None:
            self._replay(self._key)
        with self._unless_changed(of):
            return service(**values, by=self.user, key=self._key)

    def answer(self, row: models.Model, http_status: int = status.HTTP_200_OK, **extra: Any) -> Response:
        """One row, fresh, as it goes out, with its ETag; `extra` replaces single values."""
        data = self._shown(self.fresh(row))
        etag = self._etag(data, sparse=True)
        return Response(self.cut(data | extra), status=http_status, headers={"ETag": etag})

    def created(self, row: models.Model, **extra: Any) -> Response:
        return self.answer(row, status.HTTP_201_CREATED, **extra)

    def fresh(self, row: models.Model) -> models.Model:
        """The row as the caller finds it now."""
        found = self.get_queryset().filter(pk=row.pk).first()
        if found is None:
            raise NotFound
        return cast(models.Model, found)

    def cut(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Only what `fields=` names, when it is there. Raises ValidationError for a name that does not exist."""
        text = self.request.query_params.get("fields", "")
        if not text:
            return data
        wanted = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in wanted if name not in data] or ([] if wanted else [text])
        if unknown:
            said = f"{'、'.join(unknown)[:100]} という項目はありません。使えるもの: {'、'.join(data)}"
            raise serializers.ValidationError({"fields": [said]})
        return {name: data[name] for name in wanted}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        if (
            self._key is not None
            and self.action not in self.forgotten_actions
            and 200 <= response.status_code < 300
            and "Idempotent-Replayed" not in response.headers
        ):
            response.add_post_render_callback(self._remember)
        return cast(Response, response)

    def _shown(self, row: models.Model) -> dict[str, Any]:
        return dict(self.get_serializer(row).data)

    def _etag(self, data: Mapping[str, Any], *, sparse: bool = False) -> str:
        """Of the whole row, so that If-Match means the same whatever `fields=` the reader asked for."""
        whole = hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:ETAG_LENGTH]
        fields = self.request.query_params.get("fields", "") if sparse else ""
        return f'"{whole}.{hashlib.sha256(fields.encode()).hexdigest()[:8]}"' if fields else f'"{whole}"'

    @contextmanager
    def _unless_changed(self, of: models.Model | None) -> Iterator[None]:
        known = self.request.headers.get("If-Match", "").strip()
        if of is None or not known or known == "*":
            yield
            return
        wanted = {one.strip().removeprefix("W/").strip('"').partition(".")[0] for one in known.split(",")}

        def is_unchanged() -> bool:
            return self._etag(self._shown(self.fresh(of))).strip('"') in wanted

        with transactions.only_if(is_unchanged):
            yield

    def _request_key(self) -> RequestKey | None:
        key = self.request.headers.get("Idempotency-Key", "")
        body = json.dumps(self._body(), sort_keys=True, default=str)
        content = {"method": self.request.method, "path": self.request.get_full_path(), "body": body}
        return RequestKey.of(self.user.pk, key, content)

    def _body(self) -> Any:
        """What was sent, files by their content."""
        if not isinstance(self.request.data, QueryDict):
            return self.request.data
        body: dict[str, list[str]] = {}
        for name, values in self.request.data.lists():
            body[name] = [_digest(value) if isinstance(value, UploadedFile) else str(value) for value in values]
        return body

    def _replay(self, key: RequestKey) -> None:
        used = IdempotencyKey.objects.filter(user=key.user_id, key=key.key).first()
        if used is None:
            return
        if used.fingerprint != key.fingerprint:
            raise KeyReused
        if used.response:
            raise Replayed(used.response)

    def _remember(self, response: HttpResponse) -> None:
        assert self._key is not None  # noqa: S101 - only then this is called
        # As text: PostgreSQL keeps no order of names.
        body = response.content.decode()
        known = IdempotencyKey.objects.filter(user=self._key.user_id, key=self._key.key, response={})
        known.update(response={"status": response.status_code, "body": body})


def _digest(file: UploadedFile) -> str:
    file.seek(0)
    content = hashlib.sha256(file.read()).hexdigest()
    file.seek(0)
    return content


class Lists(mixins.ListModelMixin):
    """GET on the noun: a page of rows, filtered, ordered, cut to `fields=`."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        response.data["results"] = [self.cut(row) for row in response.data["results"]]  # type: ignore[attr-defined]
        return response


class Shows:
    """GET on one row: with an ETag, and 304 for whoever has it."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        view = cast(Resource, self)
        data = view._shown(view.get_object())
        etag = view._etag(data, sparse=True)
        known = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
        if etag in known or "*" in known:
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
        return Response(view.cut(data), headers={"ETag": etag})


class Collection(Lists, Shows, Resource):
    """A noun that can be listed and looked at."""


class _NothingHere(SaysWhoAsks):
    """An address that does not exist, in the words of the API."""

    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


nothing_here = _NothingHere.as_view()
