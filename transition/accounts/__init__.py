"""Signing in: how django-allauth is fitted in, and what we ask beyond it. Pages are in views/, writing in services/."""
