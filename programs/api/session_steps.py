"""What can be done with a session: the same steps as on its page, with the same rights."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.session_sent import CutShortSent, DeclineSent, MomentSent, OverrideSent, WhySent
from programs.api.session_shown import SessionWholeShown
from programs.enums import SessionAction, SessionState
from programs.models import Session
from programs.queries import session_page
from programs.services import sessions
from transition.api.serializers import Sent
from transition.api.viewsets import Resource

WHOLE = SessionWholeShown


class Steps(Resource):
    @extend_schema(summary="申込を受ける・おでかけを確定する", request=None, responses=WHOLE)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, id: Any = None) -> Response:
        return self._take(SessionAction.CONFIRM, sessions.confirm)

    @extend_schema(summary="申込を断る", request=DeclineSent, responses=WHOLE)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, id: Any = None) -> Response:
        return self._take(SessionAction.DECLINE, sessions.decline, DeclineSent)

    @extend_schema(summary="取り消す", request=WhySent, responses=WHOLE)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: Any = None) -> Response:
        return self._take(SessionAction.CANCEL, sessions.cancel, WhySent)

    @extend_schema(summary="上限や条件をこえる理由を書く", request=OverrideSent, responses=WHOLE)
    @action(detail=True, methods=["post"])
    def override(self, request: Request, id: Any = None) -> Response:
        session = self.get_object()
        self.may("programs.override_session", session)
        sent = self.sent(OverrideSent)
        return self.answer(self.act(sessions.override, of=session, session=session, **sent))

    @extend_schema(summary="チェックイン・出発を記録する", request=MomentSent, responses=WHOLE)
    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, id: Any = None) -> Response:
        return self._take(SessionAction.CHECK_IN, sessions.check_in, MomentSent)

    @extend_schema(summary="チェックアウト・帰着を記録する", request=MomentSent, responses=WHOLE)
    @action(detail=True, methods=["post"], url_path="check-out")
    def check_out(self, request: Request, id: Any = None) -> Response:
        return self._take(SessionAction.CHECK_OUT, sessions.check_out, MomentSent)

    @extend_schema(summary="途中で終わりにする", request=CutShortSent, responses=WHOLE)
    @action(detail=True, methods=["post"], url_path="cut-short")
    def cut_short(self, request: Request, id: Any = None) -> Response:
        return self._take(SessionAction.CUT_SHORT, sessions.cut_short, CutShortSent)

    @extend_schema(summary="来られなかったと記録する", request=WhySent, responses=WHOLE)
    @action(detail=True, methods=["post"], url_path="no-show")
    def no_show(self, request: Request, id: Any = None) -> Response:
        return self._take(SessionAction.NO_SHOW, sessions.no_show, WhySent)

    def _take(self, step: SessionAction, service: Callable[..., Session], form: type[Sent] | None = None) -> Response:
        session = self.get_object()
        self.may(session_page.permission_for(step, session) or "", session)
        sent = self.sent(form) if form else {}
        # What the screen asks for in the form itself.
        if step == SessionAction.CANCEL and session.state == SessionState.CONFIRMED and not sent.get("reason"):
            raise serializers.ValidationError({"reason": ["確定した体験を取り消す理由を書いてください。"]})
        return self.answer(self.act(service, of=session, session=session, **sent))
