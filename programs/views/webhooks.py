"""ウェブフック: where an organization has other systems told what changes, and sees whether that works."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from programs.domain.problems import Refused
from programs.enums import DeliveryState
from programs.forms.webhooks import WebhookForm
from programs.models import Webhook
from programs.queries import webhooks as queries
from programs.services import deliveries
from programs.services import webhooks as services
from programs.views.acting import STALE, attempt, request_key
from transition.htmx import redirect_page, render_page
from transition.models import Organization, User
from transition.services.transactions import KeyReused

FORM_ID = "webhook-form"


@sensitive_post_parameters("url")
@sensitive_variables("form", "context")
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_list(request: HttpRequest) -> HttpResponse:
    """Of the organization for which the user works now."""
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    if organization is None or not _user(request).has_perm("programs.manage_webhooks", organization):
        raise PermissionDenied
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        by, key = _user(request), request_key(request)
        added = attempt(form, lambda: services.add(organization=organization, by=by, key=key, **form.cleaned_data))
        if added is not None:
            return _secret_page(request, added)
    lines = queries.lines(organization)
    context = {"lines": lines, "form": form, "most": services.MOST}
    return render_page(
        request, "programs/webhook_list.html", context, partials={FORM_ID}, status=422 if form.is_bound else 200
    )


@sensitive_post_parameters("url")
@sensitive_variables("form", "context")
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    webhook = _webhook(request, public_id)
    kept = {"label": webhook.label, "url": webhook.url, "events": webhook.events}
    form = WebhookForm(request.POST if request.method == "POST" else None, initial=kept)
    if form.is_valid():
        by, key = _user(request), request_key(request)
        changed = attempt(form, lambda: services.change(webhook=webhook, by=by, key=key, **form.cleaned_data))
        if changed is not None:
            messages.success(request, f"「{changed.label}」を変えました。")
            return redirect_page(request, _page(changed))
    context = {
        "webhook": webhook,
        "events": queries.event_labels(webhook.events),
        "log": queries.log(webhook),
        "shown": queries.SHOWN,
        "form": form,
    }
    return render_page(
        request, "programs/webhook_detail.html", context, partials={FORM_ID}, status=422 if form.is_bound else 200
    )


@require_POST
def webhook_test(request: HttpRequest, public_id: UUID) -> HttpResponse:
    webhook = _webhook(request, public_id)
    try:
        delivery = deliveries.send_test(webhook=webhook, by=_user(request), key=request_key(request))
    except Refused as refused:
        messages.warning(request, refused.problems[0].message)
    except KeyReused:
        messages.warning(request, STALE)
    else:
        status = f"（{delivery.status}）" if delivery.status else ""
        if delivery.state == DeliveryState.DELIVERED:
            messages.success(request, f"テストが届きました{status}。")
        else:
            messages.warning(request, f"テストは届きませんでした：{delivery.get_failure_display()}{status}。")
    return redirect_page(request, _page(webhook))


@require_POST
def webhook_enable(request: HttpRequest, public_id: UUID) -> HttpResponse:
    webhook = services.enable(webhook=_webhook(request, public_id), by=_user(request))
    messages.success(request, f"「{webhook.label}」に、また知らせます。")
    return redirect_page(request, _page(webhook))


@require_http_methods(["GET", "HEAD", "POST"])
def webhook_renew_secret(request: HttpRequest, public_id: UUID) -> HttpResponse:
    webhook = _webhook(request, public_id)
    if request.method != "POST":
        return render_page(request, "programs/webhook_renew_secret.html", {"webhook": webhook})
    try:
        renewed = services.renew_secret(webhook=webhook, by=_user(request), key=request_key(request))
    except KeyReused:
        messages.warning(request, STALE)
        return redirect_page(request, _page(webhook))
    return _secret_page(request, renewed)


@require_http_methods(["GET", "HEAD", "POST"])
def webhook_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    webhook = _webhook(request, public_id)
    if request.method != "POST":
        return render_page(request, "programs/webhook_remove.html", {"webhook": webhook})
    services.remove(webhook=webhook, by=_user(request))
    messages.success(request, f"「{webhook.label}」を外しました。")
    return redirect_page(request, reverse("programs:webhook-list"))


@sensitive_variables()
def _secret_page(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    """The only page that ever shows the secret; without it when the same form was sent before."""
    return render_page(request, "programs/webhook_secret.html", {"webhook": webhook, "secret": webhook.secret})


def _webhook(request: HttpRequest, public_id: UUID) -> Webhook:
    mine = Webhook.objects.kept_by(_user(request)).select_related("organization", "created_by")
    webhook = get_object_or_404(mine, public_id=public_id)
    if not _user(request).has_perm("programs.manage_webhooks", webhook.organization):
        raise PermissionDenied
    return webhook


def _page(webhook: Webhook) -> str:
    return reverse("programs:webhook-detail", args=[webhook.public_id])


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
