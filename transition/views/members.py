"""Who works here: members and invitations, for whoever manages them; and taking an invitation."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from transition import clock
from transition.accounts.forms import AcceptForm, InvitationForm
from transition.htmx import redirect_page, render_page
from transition.models import Invitation, Membership, Organization, User
from transition.services import invitations, organizations
from transition.views.sending import attempt, request_key


@require_safe
def member_list(request: HttpRequest) -> HttpResponse:
    return _page(request, InvitationForm())


@require_POST
def member_invite(request: HttpRequest) -> HttpResponse:
    organization = _managed(request)
    form = InvitationForm(request.POST)
    if form.is_valid():
        by, key = _user(request), request_key(request)
        sent = attempt(form, lambda: invitations.invite(organization=organization, by=by, key=key, **form.cleaned_data))
        if sent is not None:
            messages.success(request, f"{sent.email} に招待を送りました。7日のあいだに受けてもらってください。")
            return redirect_page(request, reverse("transition:member-list"))
    return _page(request, form, status=422)


@require_POST
def invitation_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects.visible_to(_user(request)), public_id=public_id)
    _may_manage(request, invitation.organization)
    invitations.revoke(invitation=invitation, by=_user(request), key=request_key(request))
    messages.success(request, "招待を取り消しました。")
    return redirect_page(request, reverse("transition:member-list"))


@require_http_methods(["GET", "HEAD", "POST"])
def member_end(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`public_id` is the user's; which organization is the one where the manager works now."""
    mine = Membership.objects.current().filter(organization__in=Organization.objects.of(_user(request)))
    here = request.organization  # type: ignore[attr-defined]
    membership = get_object_or_404(
        mine.select_related("user", "organization"), user__public_id=public_id, organization=here.pk if here else None
    )
    _may_manage(request, membership.organization)
    if not invitations.may_give(_user(request), membership.organization, membership.role):
        raise PermissionDenied
    if request.method != "POST":
        return render_page(request, "transition/member_end.html", {"membership": membership})
    organizations.end_membership(membership=membership, by=_user(request), key=request_key(request))
    messages.success(request, f"{membership.user}さんの所属を終えました。")
    if membership.user == request.user:
        return redirect_page(request, reverse("transition:start"))
    return redirect_page(request, reverse("transition:member-list"))


@login_not_required
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The secret address of an invitation; used up, revoked, too late and never there look the same."""
    found = invitations.find(token)
    if found is None:
        raise Http404
    if User.objects.filter(email=found.email).exists():
        return _accept_as_user(request, found, token)
    form = AcceptForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["name"], form.cleaned_data["password"]
        taken = attempt(form, lambda: invitations.accept(invitation=found, name=name, password=password))
        if taken is not None:
            messages.success(request, "アカウントができました。いま決めたパスワードで、サインインしてください。")
            return redirect("transition:sign-in")
    status = 422 if request.method == "POST" else 200
    return _invitation_page(request, {"invitation": found, "form": form}, status)


def _accept_as_user(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    """Whoever has a sign-in already takes the invitation with it, and with nothing else."""
    here = reverse("transition:invitation", args=[token])
    context = {"invitation": found, "sign_in": f"{reverse('transition:sign-in')}?{urlencode({'next': here})}"}
    if not request.user.is_authenticated:
        return _invitation_page(request, context | {"state": "sign in"})
    if _user(request).email != found.email:
        return _invitation_page(request, context | {"state": "somebody else"})
    if request.method != "POST":
        return _invitation_page(request, context | {"state": "accept"})
    invitations.accept(invitation=found, by=_user(request))
    messages.success(request, f"{found.organization}の所属になりました。")
    return redirect("transition:start")


def _invitation_page(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    response = render_page(request, "transition/invitation.html", context, status=status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _page(request: HttpRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
    organization = _managed(request)
    now = clock.now()
    members = Membership.objects.current().filter(organization=organization).select_related("user")
    own = request.membership.role  # type: ignore[attr-defined]
    context = {
        "form": form,
        "members": [(member, invitations.is_above(member.role, own)) for member in members.order_by("pk")],
        "invitations": Invitation.objects.visible_to(_user(request)).open(now).filter(organization=organization),
    }
    return render_page(request, "transition/member_list.html", context, status=status)


def _managed(request: HttpRequest) -> Organization:
    """The organization where one works now, if one manages its members."""
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    if organization is None:
        raise PermissionDenied
    _may_manage(request, organization)
    return organization


def _may_manage(request: HttpRequest, organization: Organization) -> None:
    if not _user(request).has_perm("transition.manage_members", organization):
        raise PermissionDenied


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
