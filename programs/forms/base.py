"""What forms have in common that call one service."""

from typing import Any

from django import forms

from programs.domain.problems import Problem
from transition.fields import TextField


class ServiceForm(forms.Form):
    """Fields are named like the service's arguments, so that its problems stand beside them; `problems` are the
    others."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[Problem] = []


def text_field(*, rows: int = 3, max_length: int = 1000, **kwargs: Any) -> TextField:
    """Some lines of text."""
    return TextField(max_length=max_length, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)
