"""Addresses of this app below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from programs.api import (
    allowances,
    audit,
    cards,
    disclosures,
    documents,
    enrollments,
    escort_days,
    external,
    goals,
    homes,
    intentions,
    outcomes,
    own_sessions,
    people,
    person_parts,
    photos,
    portraits,
    programs,
    proposals,
    ratings,
    records,
    reviews,
    rooms,
    sessions,
    slots,
    views,
    voices,
    webhooks,
    wishes,
)

router = SimpleRouter(use_regex_path=False)
router.register("audit-events", audit.AuditEvents, basename="audit-event")
router.register("views", views.Views, basename="view")
router.register("homes", homes.Homes, basename="home")
router.register("home-photos", homes.HomePhotos, basename="home-photo")
router.register("rooms", rooms.Rooms, basename="room")
router.register("slots", slots.Slots, basename="slot")
router.register("external-calendars", external.ExternalCalendars, basename="external-calendar")
router.register("programs", programs.Programs, basename="program")
router.register("people", people.People, basename="person")
router.register("people/<uuid:person>/grants", person_parts.Grants, basename="grant")
router.register("people/<uuid:person>/contacts", person_parts.Contacts, basename="contact")
router.register("people/<uuid:person>/consents", person_parts.Consents, basename="consent")
router.register("people/<uuid:person>/links", person_parts.PersonLinks, basename="person-link")
router.register("people/<uuid:person>/disclosures", disclosures.Disclosures, basename="disclosure")
router.register("disclosures", disclosures.AllDisclosures, basename="all-disclosure")
router.register("people/<uuid:person>/card-versions", cards.CardVersions, basename="card-version")
router.register("people/<uuid:person>/views", views.PersonViews, basename="person-view")
router.register("people/<uuid:person>/intentions", intentions.IntentionChecks, basename="intention")
router.register("intentions", intentions.Intentions, basename="register")
router.register("sessions", sessions.Sessions, basename="session")
router.register("enrollments", enrollments.Enrollments, basename="enrollment")
router.register("reviews", reviews.Reviews, basename="review")
router.register("outcomes", outcomes.Outcomes, basename="outcome")
router.register("goals", goals.Goals, basename="goal")
router.register("goals/<uuid:goal>/scores", goals.GoalScores, basename="goal-score")
router.register("sessions/<uuid:session>/ratings", ratings.Ratings, basename="rating")
router.register("sessions/<uuid:session>/photos", photos.Photos, basename="session-photo")
router.register("people/<uuid:person>/wish-pages", wishes.WishPages, basename="wish-page")
router.register("people/<uuid:person>/wishes", wishes.Wishes, basename="wish")
router.register("portraits", portraits.Portraits, basename="portrait")
router.register("webhooks", webhooks.Webhooks, basename="webhook")
router.register("stop-requests", voices.StopRequests, basename="stop-request")
router.register("remarks", voices.FamilyRemarks, basename="remark")
router.register("me/sessions", own_sessions.OwnSessions, basename="own-session")
router.register("enrollments", proposals.Proposals, basename="proposal")

# One of each: no list, no id of its own.
singles = [
    path("enrollments/<uuid:enrollment>/pack/csv/", documents.Packs.as_view({"get": "csv"}), name="pack-csv"),
    path("enrollments/<uuid:enrollment>/pack/pdf/", documents.Packs.as_view({"get": "pdf"}), name="pack-pdf"),
    path(
        "people/<uuid:person>/months/<str:month>/csv/",
        documents.MonthSheets.as_view({"get": "csv"}),
        name="month-sheet-csv",
    ),
    path(
        "people/<uuid:person>/months/<str:month>/pdf/",
        documents.MonthSheets.as_view({"get": "pdf"}),
        name="month-sheet-pdf",
    ),
    path("intentions/csv/", documents.IntentionFiles.as_view({"get": "csv"}), name="intentions-csv"),
    path("escort-days/", escort_days.EscortDays.as_view({"get": "list", "put": "keep"}), name="escort-days"),
    path(
        "sessions/<uuid:session>/record/",
        records.Records.as_view({"get": "retrieve", "put": "update"}, detail=True),
        name="record",
    ),
    path("sessions/<uuid:session>/record/hours/", records.Records.as_view({"get": "hours"}), name="record-hours"),
    path(
        "sessions/<uuid:session>/record/draft/",
        records.Drafts.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="record-draft",
    ),
    path(
        "portraits/mine/",
        portraits.OwnPortrait.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="portrait-mine",
    ),
    path("people/<uuid:person>/card/", cards.CurrentCard.as_view({"get": "retrieve", "put": "update"}), name="card"),
    path(
        "people/<uuid:person>/allowances/",
        allowances.Allowances.as_view({"get": "retrieve"}),
        name="allowances",
    ),
    path("sessions/<uuid:session>/card/", cards.SessionCards.as_view({"get": "retrieve"}), name="session-card"),
]

urlpatterns = [*singles, *router.urls]
