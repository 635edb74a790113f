"""What people are told about sessions, people and homes: when, who, and in which words.

`events` writes rows in the transaction of a change, `planners` finds what time alone has brought due, `kinds` knows of
each kind how it is told. Who gets it: `recipients`. The words: `sessions`, `papers`, `homes`.
"""
