"""Who may do what with the things of the world through the API: one line for each method of each address.

In: whoever gets past the scope and the right (200, or 400 and 409 for an empty body). Refused: whoever finds the thing
and may not do this with it (403). Everybody else is told 404.
"""

from tests.access import (
    ANYBODY,
    BOTH,
    COORDINATING,
    DECIDING,
    HOMELESS,
    HOMES,
    HOSTING,
    KEEPING,
    NOT_DECIDING,
    ONLY_SUPPORTING,
    PERSONAS,
    SUPPORTING,
    WORKING,
)

# Facilities ask their residents; a municipality and a core center look after that.
KEEPING_INTENTIONS = ("coordinator", "staff", "center", "facility", "other_city")
NOT_KEEPING_INTENTIONS = tuple(name for name in PERSONAS if name not in KEEPING_INTENTIONS)
REGISTERING = (*SUPPORTING, "stranger", "other_city")
NOT_REGISTERING = (*HOMES, *HOMELESS)
# Homes and what they offer: found by whoever works anywhere; changed by their own.
OF_EVERYBODY = {
    "api/v1/homes/{id}/",
    "api/v1/home-photos/{id}/",
    "api/v1/home-photos/{id}/large/",
    "api/v1/home-photos/{id}/small/",
    "api/v1/slots/{id}/",
    # Named by a code, and everybody's own.
    "api/v1/notification-choices/{kind}/",
}

Names = tuple[str, ...]

# In, refused, and where.
GROUPS: list[tuple[Names, Names, list[str]]] = [
    (
        ANYBODY,
        (),
        [
            "get audit-events/",
            "get disclosures/",
            "get enrollments/",
            "post enrollments/",
            "get enrollments/choices/",
            "get escort-days/",
            "put escort-days/",
            "get external-calendars/",
            "post external-calendars/",
            "get feeds/",
            "post feeds/",
            "get goals/",
            "post goals/",
            "get homes/",
            "get invitations/",
            "post invitations/",
            "get me/sessions/",
            "get notification-choices/",
            "put notification-choices/",
            "get notifications/",
            "post notifications/read-all/",
            "get notifications/unread/",
            "get organizations/",
            "get outcomes/",
            "post outcomes/",
            "get people/",
            "delete portraits/mine/",
            "put portraits/mine/",
            "get programs/",
            "get remarks/",
            "get reviews/",
            "get rooms/",
            "post rooms/",
            "get sessions/",
            "post sessions/",
            "post sessions/check/",
            "get slots/",
            "post slots/",
            "post slots/pattern/",
            "get stop-requests/",
            "get tokens/",
            "post tokens/",
            "get views/",
        ],
    ),
    (
        WORKING,
        (),
        [
            "get home-photos/{id}/",
            "get home-photos/{id}/small/",
            "get homes/{id}/",
            "put notification-choices/{kind}/",
            "get slots/{id}/",
        ],
    ),
    (
        ("coordinator",),
        (),
        [
            "get invitations/{id}/",
            "post invitations/{id}/revoke/",
        ],
    ),
    (
        ("worker",),
        (),
        [
            "get notifications/{id}/",
            "post notifications/{id}/read/",
            "get tokens/{id}/",
            "post tokens/{id}/revoke/",
        ],
    ),
    (
        ("worker", "colleague"),
        (),
        [
            "get organizations/{id}/",
            "get portraits/{id}/small/",
        ],
    ),
    (
        SUPPORTING,
        (),
        [
            "get enrollments/{enrollment}/pack/csv/",
            "get enrollments/{enrollment}/pack/pdf/",
            "get enrollments/{id}/",
            "get enrollments/{id}/companions/",
            "get enrollments/{id}/hours/",
            "post enrollments/{id}/proposal/",
            "post enrollments/{id}/proposal/adopt/",
            "get feeds/{id}/",
            "post feeds/{id}/empty/",
            "post feeds/{id}/revoke/",
            "post feeds/{id}/rotate/",
            "get goals/{goal}/scores/",
            "get goals/{id}/",
            "patch goals/{id}/",
            "post goals/{id}/close/",
            "get outcomes/{id}/",
            "get people/{id}/",
            "patch people/{id}/",
            "get people/{person}/allowances/",
            "get people/{person}/card-versions/",
            "get people/{person}/card-versions/{version}/",
            "get people/{person}/card/",
            "put people/{person}/card/",
            "get people/{person}/consents/",
            "post people/{person}/consents/",
            "get people/{person}/consents/{id}/",
            "post people/{person}/consents/{id}/withdraw/",
            "get people/{person}/contacts/",
            "post people/{person}/contacts/",
            "get people/{person}/contacts/{id}/",
            "patch people/{person}/contacts/{id}/",
            "post people/{person}/contacts/{id}/retire/",
            "get people/{person}/disclosures/",
            "get people/{person}/disclosures/{id}/",
            "get people/{person}/grants/",
            "post people/{person}/grants/",
            "get people/{person}/grants/{id}/",
            "get people/{person}/intentions/",
            "post people/{person}/intentions/",
            "get people/{person}/intentions/{id}/",
            "get people/{person}/links/",
            "post people/{person}/links/",
            "get people/{person}/links/{id}/",
            "post people/{person}/links/{id}/revoke/",
            "get people/{person}/months/{month}/csv/",
            "get people/{person}/months/{month}/pdf/",
            "get people/{person}/views/",
            "get people/{person}/wish-pages/",
            "get people/{person}/wish-pages/{id}/",
            "get people/{person}/wish-pages/{id}/photo/",
            "get people/{person}/wishes/",
            "post people/{person}/wishes/",
            "get programs/{id}/",
            "get remarks/{id}/",
            "post remarks/{id}/seen/",
            "get reviews/{id}/",
            "get sessions/{session}/card/",
            "get sessions/{session}/photos/{id}/small/",
            "get stop-requests/{id}/",
            "post stop-requests/{id}/answer/",
        ],
    ),
    (
        KEEPING_INTENTIONS,
        NOT_KEEPING_INTENTIONS,
        [
            "get intentions/",
            "get intentions/csv/",
            "get intentions/figures/",
        ],
    ),
    # Not written yet; before a stay is confirmed its home may not even ask.
    (
        (),
        HOSTING,
        [
            "get sessions/{session}/record/",
            "get sessions/{session}/record/draft/",
        ],
    ),
    (
        SUPPORTING,
        HOSTING,
        [
            "post sessions/{id}/override/",
            "get sessions/{session}/photos/",
            "post sessions/{session}/photos/",
            "delete sessions/{session}/photos/{id}/",
            "get sessions/{session}/photos/{id}/",
            "put sessions/{session}/record/",
            "delete sessions/{session}/record/draft/",
            "put sessions/{session}/record/draft/",
            "get sessions/{session}/record/hours/",
        ],
    ),
    # Nobody: there is no such picture, or the address is the person's own (tests/api/test_voices.py, test_wishes.py).
    (
        (),
        (),
        [
            "get home-photos/{id}/large/",
            "get me/sessions/{id}/",
            "post me/sessions/{id}/ask-to-stop/",
            "post me/sessions/{id}/mark-done/",
            "post me/sessions/{id}/unmark-done/",
            "get portraits/mine/",
            "get portraits/{id}/large/",
            "get sessions/{session}/photos/{id}/large/",
        ],
    ),
    (
        HOSTING,
        (),
        [
            "delete external-calendars/{id}/",
            "get external-calendars/{id}/",
            "post external-calendars/{id}/read/",
            "delete home-photos/{id}/",
            "patch homes/{id}/guide/",
            "post homes/{id}/photos/",
            "get rooms/{id}/",
            "post rooms/{id}/change-use/",
            "post rooms/{id}/close-nights/",
            "get rooms/{id}/nights/",
            "post rooms/{id}/open-nights/",
            "post slots/{id}/confirm-free/",
            "post slots/{id}/withdraw/",
        ],
    ),
    (
        COORDINATING,
        ONLY_SUPPORTING,
        [
            "post people/{person}/disclosures/",
            "post people/{person}/disclosures/{id}/answer/",
            "post programs/{id}/adopt/",
            "post programs/{id}/change-limit/",
        ],
    ),
    (
        REGISTERING,
        NOT_REGISTERING,
        [
            "post people/",
        ],
    ),
    # Nobody from a browser that has not just shown who sits there: tests/api/test_documents.py.
    (
        (),
        SUPPORTING,
        [
            "post people/{person}/disclosures/{id}/file/",
        ],
    ),
    (
        COORDINATING,
        (),
        [
            "get disclosures/{id}/",
        ],
    ),
    (
        BOTH,
        (),
        [
            "get sessions/{id}/",
            "post sessions/{id}/cancel/",
            "post sessions/{id}/check-in/",
            "post sessions/{id}/check-out/",
            "post sessions/{id}/cut-short/",
            "post sessions/{id}/no-show/",
            "get sessions/{session}/ratings/",
            "post sessions/{session}/ratings/",
        ],
    ),
    # Nobody: a stay in a home is neither changed nor copied; for an outing see tests/api/test_outings.py.
    (
        (),
        BOTH,
        [
            "patch sessions/{id}/",
            "post sessions/{id}/copy/",
            "post sessions/{id}/move/",
            "post sessions/{id}/repeat/",
        ],
    ),
    (
        HOSTING,
        SUPPORTING,
        [
            "post sessions/{id}/confirm/",
            "post sessions/{id}/decline/",
        ],
    ),
    # Whoever leads it, or coordinates the person.
    (
        KEEPING,
        ("facility",),
        [
            "post enrollments/{id}/end/",
            "post enrollments/{id}/extend/",
            "post enrollments/{id}/stages/",
            "put outcomes/{id}/",
            "post outcomes/{id}/follow-up/",
            "post reviews/{id}/hold/",
        ],
    ),
    (
        ("worker", "colleague", "facility"),
        ("coordinator", "staff", "center"),
        [
            "post people/{person}/wish-pages/{id}/photo/",
        ],
    ),
    (
        DECIDING,
        NOT_DECIDING,
        [
            "get webhooks/",
            "post webhooks/",
        ],
    ),
    (
        ("coordinator",),
        ("staff",),
        [
            "delete webhooks/{id}/",
            "get webhooks/{id}/",
            "patch webhooks/{id}/",
            "get webhooks/{id}/deliveries/",
            "post webhooks/{id}/enable/",
            "post webhooks/{id}/renew-secret/",
            "post webhooks/{id}/test/",
        ],
    ),
]
RIGHTS: dict[str, tuple[Names, Names]] = {
    address: (inside, refused) for inside, refused, addresses in GROUPS for address in addresses
}
