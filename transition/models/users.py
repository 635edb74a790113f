from typing import Any

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from transition import clock
from transition.models.base import PublicId


class UserManager(BaseUserManager["User"]):
    """Creates sign-ins; an e-mail address is stored in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields):
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None):
        return self.get(email=(email or "").strip().lower())


class User(PublicId, AbstractBaseUser, PermissionsMixin):
    """Someone who signs in with an e-mail address; rights come from memberships."""

    email = models.EmailField("メールアドレス", unique=True)
    name = models.CharField("名前", max_length=80)
    is_active = models.BooleanField("有効", default=True)
    is_demo = models.BooleanField("デモ用", default=False)
    joined_at = models.DateTimeField("登録日時", default=clock.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "利用者アカウント"
        verbose_name_plural = "利用者アカウント"
        constraints = [
            models.CheckConstraint(
                name="user_email_lower_case",
                condition=models.Q(email=Lower("email")),
                violation_error_message="メールアドレスは小文字で保存します。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """By the rules alone: who looks after the software has no more right to anybody's records than others."""
        backends: list[Any] = auth.get_backends()
        return self.is_active and any(backend.has_perm(self, perm, obj) for backend in backends)
