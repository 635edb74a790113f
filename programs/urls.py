"""Addresses of programs, homes, slots and sessions: plural nouns, verb last, a UUID wherever a person shows."""

from django.urls import path

from programs.views import (
    board,
    cards,
    consents,
    contacts,
    disclosures,
    enrollments,
    evidence,
    external,
    goals,
    homes,
    intentions,
    links,
    outcomes,
    outings,
    packs,
    people,
    person_sessions,
    photos,
    planner,
    portraits,
    programs,
    proposal,
    records,
    reviews,
    search,
    sessions,
    slots,
    story,
    today,
    voices,
    webhooks,
    wishes,
)
from programs.views.easy import answers as easy_answers
from programs.views.easy import cards as easy_cards
from programs.views.easy import entry as easy_entry
from programs.views.easy import screens as easy_screens

app_name = "programs"

urlpatterns = [
    # Everybody's first page
    path("today/", today.today, name="today"),
    # A group home
    path("board/", board.board, name="board"),
    path("inbox/", board.inbox, name="inbox"),
    path("homes/", homes.home_list, name="home-list"),
    path("homes/<uuid:public_id>/", homes.home_detail, name="home-detail"),
    path("homes/<uuid:public_id>/edit/", homes.home_edit, name="home-edit"),
    path("homes/<uuid:public_id>/photos/", homes.home_photo_list, name="home-photo-list"),
    path("home-photos/<uuid:public_id>/remove/", homes.home_photo_remove, name="home-photo-remove"),
    path("home-photos/<uuid:public_id>/<str:size>/", homes.home_photo, name="home-photo"),
    path("homes/<uuid:public_id>/external/", external.external_list, name="external-list"),
    path("homes/<uuid:public_id>/rooms/new/", board.room_create, name="room-create"),
    path("rooms/<uuid:public_id>/nights/", board.room_nights, name="room-nights"),
    path("rooms/<uuid:public_id>/slots/new/", slots.slot_create, name="slot-create"),
    path("slots/<uuid:public_id>/", slots.slot_detail, name="slot-detail"),
    path("slots/<uuid:public_id>/withdraw/", slots.slot_withdraw, name="slot-withdraw"),
    path("slots/<uuid:public_id>/confirm-free/", slots.slot_confirm_free, name="slot-confirm-free"),
    # Other systems that are told
    path("webhooks/", webhooks.webhook_list, name="webhook-list"),
    path("webhooks/<uuid:public_id>/", webhooks.webhook_detail, name="webhook-detail"),
    path("webhooks/<uuid:public_id>/test/", webhooks.webhook_test, name="webhook-test"),
    path("webhooks/<uuid:public_id>/enable/", webhooks.webhook_enable, name="webhook-enable"),
    path("webhooks/<uuid:public_id>/renew-secret/", webhooks.webhook_renew_secret, name="webhook-renew-secret"),
    path("webhooks/<uuid:public_id>/remove/", webhooks.webhook_remove, name="webhook-remove"),
    # A session, from both sides
    path("sessions/<uuid:public_id>/", sessions.session_detail, name="session-detail"),
    path("sessions/<uuid:public_id>/confirm/", sessions.session_confirm, name="session-confirm"),
    path("sessions/<uuid:public_id>/decline/", sessions.session_decline, name="session-decline"),
    path("sessions/<uuid:public_id>/cancel/", sessions.session_cancel, name="session-cancel"),
    path("sessions/<uuid:public_id>/override/", sessions.session_override, name="session-override"),
    path("sessions/<uuid:public_id>/check-in/", sessions.session_check_in, name="session-check-in"),
    path("sessions/<uuid:public_id>/check-out/", sessions.session_check_out, name="session-check-out"),
    path("sessions/<uuid:public_id>/cut-short/", sessions.session_cut_short, name="session-cut-short"),
    path("sessions/<uuid:public_id>/no-show/", sessions.session_no_show, name="session-no-show"),
    # A worker
    path("people/", people.people, name="people"),
    path("people/new/", people.person_create, name="person-create"),
    path("people/<uuid:public_id>/", people.person_detail, name="person-detail"),
    path("people/<uuid:public_id>/edit/", people.person_update, name="person-update"),
    path("people/<uuid:public_id>/grants/new/", people.grant_create, name="grant-create"),
    path("people/<uuid:public_id>/slots/", search.slot_search, name="slot-search"),
    path("people/<uuid:public_id>/slots/<uuid:slot_id>/", search.session_request, name="session-request"),
    # What the person says
    path("people/<uuid:public_id>/wishes/", wishes.wishes, name="wishes"),
    path("people/<uuid:public_id>/wishes/<uuid:item_id>/", wishes.wish_page, name="wish-page"),
    path("people/<uuid:public_id>/wishes/<uuid:item_id>/photo/", wishes.wish_photo, name="wish-photo"),
    path("sessions/<uuid:public_id>/rating/", wishes.rating, name="rating"),
    # 意向確認
    path("intentions/", intentions.intention_list, name="intention-list"),
    path("people/<uuid:public_id>/intentions/", intentions.intention_history, name="intention-history"),
    path("people/<uuid:public_id>/intentions/new/", intentions.intention_create, name="intention-create"),
    # What happened in a session
    path("sessions/<uuid:public_id>/record/", records.record_edit, name="record-edit"),
    path("sessions/<uuid:public_id>/record/hours/", records.record_hours, name="record-hours"),
    path("sessions/<uuid:public_id>/record/draft/", records.record_draft, name="record-draft"),
    path("sessions/<uuid:public_id>/photos/", photos.photo_list, name="photo-list"),
    path("photos/<uuid:public_id>/remove/", photos.photo_remove, name="photo-remove"),
    path("photos/<uuid:public_id>/<str:size>/", photos.photo, name="photo"),
    # The plan of an enrollment
    path("enrollments/<uuid:public_id>/plan/", planner.planner, name="planner"),
    path("enrollments/<uuid:public_id>/plan/new/", outings.outing_create, name="outing-create"),
    path("enrollments/<uuid:public_id>/proposal/", proposal.proposal, name="proposal"),
    path("sessions/<uuid:public_id>/edit/", outings.session_update, name="session-update"),
    path("sessions/<uuid:public_id>/move/", outings.session_move, name="session-move"),
    path("sessions/<uuid:public_id>/copy/", outings.session_copy, name="session-copy"),
    path("sessions/<uuid:public_id>/repeat/", outings.session_repeat, name="session-repeat"),
    path("escort-days/", planner.escort_days, name="escort-days"),
    # The story of a person
    path("people/<uuid:public_id>/story/", story.story, name="story"),
    path("people/<uuid:public_id>/months/<str:month>/", packs.month_sheet, name="month-sheet"),
    path("enrollments/<uuid:public_id>/pack/", packs.pack, name="pack"),
    # The tabs of a person: sessions, documents, contacts, the person card
    path("people/<uuid:public_id>/sessions/", person_sessions.person_sessions, name="person-sessions"),
    path("people/<uuid:public_id>/documents/", person_sessions.document_list, name="document-list"),
    path("people/<uuid:public_id>/views/", evidence.person_views, name="person-views"),
    path("people/<uuid:public_id>/contacts/", contacts.contact_list, name="contact-list"),
    path("people/<uuid:public_id>/contacts/new/", contacts.contact_create, name="contact-create"),
    path("people/<uuid:public_id>/contacts/<uuid:contact_id>/edit/", contacts.contact_update, name="contact-update"),
    path("people/<uuid:public_id>/contacts/<uuid:contact_id>/retire/", contacts.contact_retire, name="contact-retire"),
    path("people/<uuid:public_id>/card/", cards.card, name="card"),
    path("people/<uuid:public_id>/card/edit/", cards.card_edit, name="card-edit"),
    path("people/<uuid:public_id>/card/versions/<int:version>/", cards.card_version, name="card-version"),
    path("sessions/<uuid:public_id>/card/", cards.session_card, name="session-card"),
    # Taking part in a program
    path("people/<uuid:public_id>/enrollments/", enrollments.enrollment_list, name="enrollment-list"),
    path("people/<uuid:public_id>/enrollments/new/", enrollments.enrollment_create, name="enrollment-create"),
    path("enrollments/<uuid:public_id>/", enrollments.enrollment_detail, name="enrollment-detail"),
    path("enrollments/<uuid:public_id>/extend/", enrollments.enrollment_extend, name="enrollment-extend"),
    path("enrollments/<uuid:public_id>/end/", enrollments.enrollment_end, name="enrollment-end"),
    path("enrollments/<uuid:public_id>/stages/", enrollments.enrollment_stages, name="enrollment-stages"),
    path("enrollments/<uuid:public_id>/reviews/<int:month>/", reviews.review_hold, name="review-hold"),
    path("enrollments/<uuid:public_id>/outcome/", outcomes.outcome_decide, name="outcome-decide"),
    path("enrollments/<uuid:public_id>/follow-ups/<str:kind>/", outcomes.follow_up_record, name="follow-up-record"),
    # Goals and consents
    path("people/<uuid:public_id>/goals/", goals.goal_list, name="goal-list"),
    path("people/<uuid:public_id>/goals/new/", goals.goal_create, name="goal-create"),
    path("goals/<uuid:public_id>/edit/", goals.goal_update, name="goal-update"),
    path("goals/<uuid:public_id>/close/", goals.goal_close, name="goal-close"),
    path("people/<uuid:public_id>/consents/", consents.consent_list, name="consent-list"),
    path("people/<uuid:public_id>/consents/new/", consents.consent_create, name="consent-create"),
    path("people/<uuid:public_id>/consents/easy/<slug:about>/", consents.consent_easy, name="consent-easy"),
    path(
        "people/<uuid:public_id>/consents/<uuid:consent_id>/withdraw/",
        consents.consent_withdraw,
        name="consent-withdraw",
    ),
    # What the person asks of whoever keeps records
    path("disclosures/", disclosures.disclosure_overview, name="disclosure-overview"),
    path("people/<uuid:public_id>/disclosures/", disclosures.disclosure_list, name="disclosure-list"),
    path("people/<uuid:public_id>/disclosures/new/", disclosures.disclosure_create, name="disclosure-create"),
    path(
        "people/<uuid:public_id>/disclosures/<uuid:disclosure_id>/answer/",
        disclosures.disclosure_answer,
        name="disclosure-answer",
    ),
    path(
        "people/<uuid:public_id>/disclosures/<uuid:disclosure_id>/file/",
        disclosures.disclosure_file,
        name="disclosure-file",
    ),
    path(
        "people/<uuid:public_id>/disclosures/<uuid:disclosure_id>/file/take/",
        disclosures.disclosure_take,
        name="disclosure-take",
    ),
    # The face of whoever goes along
    path("portrait/", portraits.portrait_edit, name="portrait-edit"),
    path("portraits/<uuid:public_id>/<str:size>/", portraits.portrait, name="portrait"),
    # The person's own links
    path("people/<uuid:public_id>/links/", links.person_link_list, name="person-link-list"),
    path("people/<uuid:public_id>/links/issue/", links.person_link_issue, name="person-link-issue"),
    path("links/<uuid:public_id>/revoke/", links.person_link_revoke, name="person-link-revoke"),
    # やめたい: what the worker heard
    path("stop-requests/<uuid:public_id>/answer/", voices.stop_request_answer, name="stop-request-answer"),
    # 家族の声: read by supporters and the home
    path("remarks/<uuid:public_id>/seen/", voices.remark_seen, name="remark-seen"),
    # The way into the easy view
    path("me/enter/<str:token>/", easy_entry.enter, name="easy-enter"),
    path("me/leave/", easy_entry.leave, name="easy-leave"),
    # The easy view: the person's own
    path("me/", easy_screens.today, name="easy-today"),
    path("me/next/", easy_screens.coming, name="easy-next"),
    path("me/sessions/<uuid:public_id>/", easy_screens.session, name="easy-session"),
    path("me/sessions/<uuid:public_id>/done/", easy_screens.done, name="easy-done"),
    path("me/sessions/<uuid:public_id>/stop/", easy_answers.stop, name="easy-stop"),
    path("me/sessions/<uuid:public_id>/rating/", easy_answers.rating, name="easy-rating"),
    path("me/wishes/", easy_answers.wishes, name="easy-wishes"),
    path("me/wishes/<uuid:item_id>/", easy_answers.wish, name="easy-wish"),
    path("me/choices/", easy_answers.choices, name="easy-choices"),
    path("me/cards/", easy_cards.own_cards, name="easy-cards"),
    path("me/pictures/<str:kind>/<uuid:public_id>/<str:size>/", easy_screens.picture, name="easy-picture"),
    path("people/<uuid:public_id>/cards/", easy_cards.person_cards, name="person-cards"),
    path(
        "people/<uuid:public_id>/cards/<str:kind>/<uuid:picture_id>/<str:size>/",
        easy_cards.person_picture,
        name="person-picture",
    ),
    # Calendars elsewhere: one's own, and what is done with any
    path("calendar/external/", external.own_external_list, name="own-external-list"),
    path("external/<uuid:public_id>/read/", external.external_read, name="external-read"),
    path("external/<uuid:public_id>/remove/", external.external_remove, name="external-remove"),
    # A coordinator
    path("audit/", evidence.evidence, name="evidence"),
    path("programs/", programs.program_list, name="program-list"),
    path("programs/<uuid:public_id>/adopt/", programs.program_adopt, name="program-adopt"),
    path("limits/<int:pk>/change/", programs.limit_change, name="limit-change"),
]
