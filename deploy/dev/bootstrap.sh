#!/bin/sh
# Builds .venv: a Python, uv from the package index by hash, then requirements-dev.lock by hash.
# Silent and immediate when nothing is to do; a build that was cut short is begun again.
set -u
cd "$(dirname "$0")/../.." || exit 1
unset PYTHONHOME PYTHONPATH
NEEDED_MB=1100

die() {
    printf '%s\n%s\n' "make: $1" "make: $2" >&2
    exit 1
}
free_mb() { df -Pk . | awk 'NR == 2 { print int($4 / 1024) }'; }
disk_full() {
    die "the disk is nearly full: $(free_mb) MB free, the environment needs about $NEEDED_MB MB." \
        "ディスクの空きが足りません（約 $NEEDED_MB MB が必要です）。"
}
failed() {
    rm -f .venv/.stamp
    [ "$(free_mb)" -gt 50 ] || disk_full
    die "$1; the reason stands above. Run make again to go on." "環境を作れませんでした。もう一度 make を実行してください。"
}

state() {
    pwd -P
    cksum <requirements-uv.lock
    cksum <requirements-dev.lock
}
wanted=$(state)
if [ -x .venv/bin/python ] && [ "$(cat .venv/.stamp 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

[ "$(free_mb)" -ge "$NEEDED_MB" ] || [ -x .venv/bin/uv ] || disk_full

recent='import sys; sys.exit(sys.version_info < (3, 11))'
find_python() { # the code that it has to run; prints the first Python that can
    for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c "$recent" >/dev/null 2>&1 && "$python" -c "$1" >/dev/null 2>&1; then
            command -v "$python"
            return 0
        fi
    done
    return 1
}

# Usable: our own, at this place, not left half filled, of a Python that is recent enough, with the uv of the lock.
uv_version=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements-uv.lock)
usable() {
    [ ! -e .venv/.filling ] || return 1
    [ ! -e .venv/.stamp ] || [ "$(head -n 1 .venv/.stamp)" = "$(pwd -P)" ] || return 1
    .venv/bin/python -c "$recent" >/dev/null 2>&1 || return 1
    case $(.venv/bin/uv --version 2>/dev/null) in "uv $uv_version"*) return 0 ;; esac
    return 1
}

if ! usable; then
    if python=$(find_python 'import venv, ensurepip'); then
        echo "make: building .venv with $python"
        "$python" -m venv --clear .venv >&2 || failed "python -m venv failed"
        PIP_USER=0 .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
            --require-hashes --no-deps -r requirements-uv.lock >&2 || failed "installing uv failed"
    elif python=$(find_python 'import venv, pip') && "$python" -m pip install --help 2>/dev/null >&2 &&
        "$python" -m venv --clear --without-pip .venv >&2; then
        # Debian parts Python from ensurepip; a pip from elsewhere does as well.
        echo "make: building .venv with $python"
        PIP_USER=0 "$python" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check --no-input \
            --require-hashes --no-deps -r requirements-uv.lock >&2 || failed "installing uv failed"
    elif python=$(find_python 'import venv'); then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        die "$python has no ensurepip; install it (Debian, Ubuntu: python$version-venv) and run make again." \
            "$python に ensurepip がありません。python$version-venv などを入れてから、もう一度 make を実行してください。"
    else
        die "Python 3.11 or newer with its venv module is needed, and none is on PATH (PYTHON=/path/to/python names one)." \
            "Python 3.11 以上（venv を含む）が見つかりません。PYTHON=/path/to/python で指定できます。"
    fi
    .venv/bin/uv --version >/dev/null 2>&1 || failed "uv does not start"
fi

: >.venv/.filling || failed "writing to .venv failed"
echo "make: installing what requirements-dev.lock names"
.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes \
    requirements-dev.lock >&2 || failed "installing the packages of requirements-dev.lock failed"
rm -f .venv/.filling
printf '%s\n' "$wanted" >.venv/.stamp || failed "writing to .venv failed"
