"""Sign-ins that belong to no organization."""

from django.contrib.auth.password_validation import validate_password

from transition.models import User
from transition.services import audit
from transition.services.transactions import writing


@writing
def make_administrator(*, email: str, name: str, password: str, is_demo: bool = False, by: User | None) -> User:
    """Who looks after the software itself; an address that has a sign-in keeps it as it is.

    Raises ValidationError for a weak password or a constraint.
    """
    found = User.objects.filter(email=email.strip().lower()).first()
    if found is not None:
        return found
    user = User(email=email.strip().lower(), name=name, is_demo=is_demo, is_superuser=True)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    audit.record("user.make_administrator", user, by=by)
    return user
