"""A plan of outings proposed from wishes, goals, the escorts' free days and the caps: values in, values out.

It starts short and near and grows step by step. Two tracks grow side by side: outings that follow wishes grow in
length (`LENGTHS`), and days at a group home climb the ladder 見学 → 食事 → 日中 (`HOME_LENGTHS`). One night is only
suggested behind a day at a home: a night needs a room, and rooms are asked for elsewhere (`Overnight`).

`propose` answers with a `Proposal`, or with `NoPlan` and the rules whose loosening would give one. What is kept
(confirmed, done) is never touched: it occupies its day, counts against every cap, and the rest is planned around it.
The same question always has the same answer. How it is solved: `model.py`; why not: `reasons.py`.

Sources: `design.md` 4.1, `domain.md` 1.1 and 11.1.
"""

from programs.domain.proposal.terms import (
    ANY,
    AVOID,
    FALLBACK,
    FIRST_AT_MOST,
    HOME_LENGTHS,
    HOME_STEPS,
    HOMES_PER_MONTH,
    LENGTHS,
    NEVER,
    OUTINGS_BEFORE_HOME,
    TIMES_PER_RUNG,
    WHOLE_MONTH,
    Activity,
    Aim,
    Cap,
    Free,
    Kept,
    Loosen,
    NoPlan,
    Overnight,
    Proposal,
    ProposedOuting,
    Question,
    Wanted,
    caps_of_unit,
    home_rung,
    is_holiday,
    overnight,
    rules_of,
)

__all__ = [
    "ANY",
    "AVOID",
    "FALLBACK",
    "FIRST_AT_MOST",
    "HOMES_PER_MONTH",
    "HOME_LENGTHS",
    "HOME_STEPS",
    "LENGTHS",
    "NEVER",
    "OUTINGS_BEFORE_HOME",
    "TIMES_PER_RUNG",
    "WHOLE_MONTH",
    "Activity",
    "Aim",
    "Cap",
    "Free",
    "Kept",
    "Loosen",
    "NoPlan",
    "Overnight",
    "Proposal",
    "ProposedOuting",
    "Question",
    "Wanted",
    "caps_of_unit",
    "home_rung",
    "is_holiday",
    "overnight",
    "propose",
    "rules_of",
]


def propose(question: Question, *, seconds: float = 3.0) -> Proposal | NoPlan:
    """A plan that breaks none of the rules it lists, or why there is none. Takes about `seconds` at the most."""
    # The solver takes two seconds to load: not for those who never ask.
    from programs.domain.proposal import model
    from programs.domain.proposal import reasons as why

    rules = tuple(rules_of(question))
    if question.first > question.period.end:
        return NoPlan(
            (Loosen("period", "利用期間が終わっています。延長するときは、利用期間を変えてください。"),), rules
        )
    solved = model.solve(question, seconds=seconds)
    if solved is None:
        return NoPlan(tuple(why.reasons(question)), rules)
    outings, best = solved
    return Proposal(tuple(outings), rules, overnight(question, outings), best)
