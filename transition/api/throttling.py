import datetime as dt
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from transition.models import ApiToken
from transition.services import rates

STRETCH = dt.timedelta(minutes=1)


class PerCaller(BaseThrottle):
    """So many requests a minute for each token or signed-in user; counted by all processes together."""

    seconds = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiToken):
            name = f"api|token|{request.auth.pk}"
        elif request.user and request.user.is_authenticated:
            name = f"api|user|{request.user.pk}"
        else:
            # Refused anyhow, for want of a caller.
            return True
        self.seconds = rates.wait_for({name: settings.API_REQUESTS_A_MINUTE}, stretch=STRETCH)
        return not self.seconds

    def wait(self) -> float:
        return self.seconds
