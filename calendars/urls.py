"""The addresses of this app."""

from django.urls import path

from calendars.views import addresses, feed

app_name = "calendars"
urlpatterns = [
    path("ical/<str:token>/yotei.ics", feed.feed, name="feed"),
    # What only looks like a feed answers like one that is gone.
    path("ical/<path:rest>", feed.not_found, name="feed-not-found"),
    path("people/<uuid:public_id>/feeds/", addresses.feed_list, name="feed-list"),
    path("people/<uuid:public_id>/feeds/issue/", addresses.feed_issue, name="feed-issue"),
    path("feeds/<uuid:public_id>/rotate/", addresses.feed_rotate, name="feed-rotate"),
    path("feeds/<uuid:public_id>/revoke/", addresses.feed_revoke, name="feed-revoke"),
]
