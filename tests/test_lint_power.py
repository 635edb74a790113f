"""The lint against rows past their scope sees what it is for: ten ways around it, and four right ways."""

import pytest

from tests.test_lint import unscoped

AROUND = {
    "everything": "rows = Person.objects.all()",
    "by the id of the address": "row = Person.objects.get(public_id=public_id)",
    "or 404": "row = get_object_or_404(Session, public_id=public_id)",
    "a manager, or 404": "row = get_object_or_404(Session.objects.select_related('room'), public_id=public_id)",
    "filtered by what was sent": "rows = Goal.objects.filter(pk__in=request.POST.getlist('goal'))",
    "the default manager": "row = Contact._default_manager.first()",
    "the base manager": "row = Consent._base_manager.get(pk=pk)",
    "only counted": "number = Session.objects.filter(state=state).count()",
    "in a lambda of a field": "field = PublicIdField(lambda user: Goal.objects.filter(state=state))",
    "as the default of a view": "class View:\n    queryset = Photo.objects.order_by('pk')",
}
RIGHT = {
    "scoped": "row = get_object_or_404(Person.objects.visible_to(user), public_id=public_id)",
    "scoped, then narrowed": "rows = Session.objects.select_related('room').visible_to(user).filter(pk=pk)",
    "of something found": "rows = Goal.objects.filter(person=person)",
    "nothing": "queryset = Photo.objects.none()",
}


def found_in(source: str, tmp_path) -> list[str]:
    path = tmp_path / "views.py"
    path.write_text(source, encoding="utf-8")
    return list(unscoped(path))


@pytest.mark.parametrize("source", AROUND.values(), ids=AROUND)
def test_a_way_around_is_seen(tmp_path, source):
    assert found_in(source, tmp_path)


@pytest.mark.parametrize("source", RIGHT.values(), ids=RIGHT)
def test_a_right_way_is_left_alone(tmp_path, source):
    assert found_in(source, tmp_path) == []
