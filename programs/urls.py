"""Addresses of programs, homes, slots and sessions: plural nouns, verb last, a UUID wherever a person shows."""

from django.urls import path

from programs.views import board, intentions, outings, people, planner, programs, proposal, search, sessions, slots, story, wishes

app_name = "programs"

urlpatterns = [
    # A group home
    path("board/", board.board, name="board"),
    path("inbox/", board.inbox, name="inbox"),
    path("homes/<uuid:public_id>/rooms/new/", board.room_create, name="room-create"),
    path("rooms/<uuid:public_id>/nights/", board.room_nights, name="room-nights"),
    path("rooms/<uuid:public_id>/slots/new/", slots.slot_create, name="slot-create"),
    path("slots/<uuid:public_id>/", slots.slot_detail, name="slot-detail"),
    path("slots/<uuid:public_id>/withdraw/", slots.slot_withdraw, name="slot-withdraw"),
    path("slots/<uuid:public_id>/confirm-free/", slots.slot_confirm_free, name="slot-confirm-free"),
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
    path("sessions/<uuid:public_id>/rating/", wishes.rating, name="rating"),
    # 意向確認
    path("intentions/", intentions.intention_list, name="intention-list"),
    path("people/<uuid:public_id>/intentions/", intentions.intention_history, name="intention-history"),
    path("people/<uuid:public_id>/intentions/new/", intentions.intention_create, name="intention-create"),
    # The plan of an enrollment
    path("enrollments/<uuid:public_id>/proposal/", proposal.proposal, name="proposal"),
    # The story of a person
    path("people/<uuid:public_id>/story/", story.story, name="story"),
    # The plan of an enrollment
    path("enrollments/<uuid:public_id>/plan/", planner.planner, name="planner"),
    path("enrollments/<uuid:public_id>/plan/new/", outings.outing_create, name="outing-create"),
    path("sessions/<uuid:public_id>/edit/", outings.session_update, name="session-update"),
    path("sessions/<uuid:public_id>/move/", outings.session_move, name="session-move"),
    path("sessions/<uuid:public_id>/copy/", outings.session_copy, name="session-copy"),
    path("sessions/<uuid:public_id>/repeat/", outings.session_repeat, name="session-repeat"),
    path("escort-days/", planner.escort_days, name="escort-days"),
    # A coordinator
    path("programs/", programs.program_list, name="program-list"),
    path("programs/<uuid:public_id>/adopt/", programs.program_adopt, name="program-adopt"),
    path("limits/<int:pk>/change/", programs.limit_change, name="limit-change"),
]
