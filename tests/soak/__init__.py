"""The whole application over HTTP while parts of it are killed: web processes and queue under SIGKILL, PostgreSQL
stopped at once and started again, many programs at the same room and person at the same moment.

    make soak MINUTES=5 DB=postgres        one run and its table
    make soak-bugs                         the same harness finds each bug of bugs.py

world.py     who and what there is          clients.py   programs that write down what they sent and heard
servers.py   what runs, and is killed       aim.py       what they ask for
ways.py      four ways to one person's sessions, over HTTP
state.py     the database at the end, by plain SQL      history.py   what the programs wrote down
check.py     what may not be, from both: knows nothing of Django or of the application's code
run.py       one run                        power.py     every bug
"""
