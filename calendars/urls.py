"""The addresses of this app."""

from django.urls import path

from calendars.views import addresses, agenda, family, feed, robots

app_name = "calendars"
urlpatterns = [
    path("ical/<str:token>/yotei.ics", feed.feed, name="feed"),
    path("robots.txt", robots.robots, name="robots"),
    path("calendar/", agenda.organization_calendar, name="organization-calendar"),
    path("calendar/mine/", agenda.my_calendar, name="my-calendar"),
    path("people/<uuid:public_id>/calendar/", agenda.person_calendar, name="person-calendar"),
    path("homes/<uuid:public_id>/calendar/", agenda.home_calendar, name="home-calendar"),
    path("ical/<str:token>/", family.family_page, name="family-page"),
    path("ical/<str:token>/photos/<uuid:public_id>/<str:size>/", family.family_photo, name="family-photo"),
    # What only looks like a feed answers like one that is gone.
    path("ical/<path:rest>", feed.not_found, name="feed-not-found"),
    path("people/<uuid:public_id>/feeds/", addresses.feed_list, name="feed-list"),
    path("people/<uuid:public_id>/feeds/issue/", addresses.feed_issue, name="feed-issue"),
    path("homes/<uuid:public_id>/feeds/", addresses.home_feed_list, name="home-feed-list"),
    path("homes/<uuid:public_id>/feeds/issue/", addresses.home_feed_issue, name="home-feed-issue"),
    path("calendar/feeds/", addresses.own_feed_list, name="own-feed-list"),
    path("calendar/feeds/issue/", addresses.own_feed_issue, name="own-feed-issue"),
    path("feeds/<uuid:public_id>/rotate/", addresses.feed_rotate, name="feed-rotate"),
    path("feeds/<uuid:public_id>/revoke/", addresses.feed_revoke, name="feed-revoke"),
]
