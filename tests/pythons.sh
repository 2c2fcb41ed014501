#!/usr/bin/env bash
# The tests on every supported Python that this machine has, each in an environment and a copy of the tree of its own;
# and the source distribution, installed and used from elsewhere. Arguments go to pytest.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/build/pythons
failed=()

find_python() {
    command -v "python$1" 2>/dev/null && "python$1" -c '' 2>/dev/null && return
    local found=("${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python)
    [ -x "${found[-1]}" ] && echo "${found[-1]}"
}

copy_tree() {
    rm -rf "$1" && mkdir -p "$1"
    tar -C "$root" --exclude=./build --exclude=./dist --exclude=./.venv --exclude=./.git --exclude=__pycache__ \
        --exclude='*.so' --exclude='./.*_cache' -cf - . | tar -C "$1" -xf -
}

test_version() {
    local folder=$work/$1
    copy_tree "$folder/tree"
    "$2" -m venv --clear "$folder/venv"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check -e "$folder/tree[dev]"
    (cd "$folder/tree" && "$folder/venv/bin/python" -m pytest -q -n auto --dist worksteal -p no:cacheprovider "${@:3}")
}

# Threads without the interpreter's lock: what runs in a program; not all development tools are built for it.
test_free_threaded() {
    local folder=$work/free-threaded
    copy_tree "$folder/tree"
    "$1" -m venv --clear "$folder/venv"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        -e "$folder/tree" hypothesis numpy pytest pytest-timeout pytest-xdist setuptools
    (cd "$folder/tree" && "$folder/venv/bin/python" -m pytest -q -p no:cacheprovider "${@:2}" tests/_binding \
        tests/access tests/registers tests/emulator/test_faults.py tests/slots/test_threads.py tests/devices tests/vendor)
}

test_sdist() {
    local folder=$work/sdist
    copy_tree "$folder/tree"
    "$1" -m venv --clear "$folder/venv"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check build
    "$folder/venv/bin/python" -m build --sdist --outdir "$folder/dist" "$folder/tree" >/dev/null
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$folder"/dist/*.tar.gz
    rm -rf "$folder/elsewhere" && mkdir "$folder/elsewhere"
    cp "$root/docs/examples/wheel_check.py" "$root/tests/maps/blinker.yaml" "$folder/elsewhere/"
    (cd "$folder/elsewhere" && ../venv/bin/hal generate blinker.yaml -o . >/dev/null && ../venv/bin/python wheel_check.py)
}

last=
for version in 3.10 3.11 3.12 3.13; do
    python=$(find_python "$version" | tail -n 1) || true
    if [ -z "$python" ]; then
        echo "== Python $version: not on this machine"
        continue
    fi
    last=$python
    echo "== Python $version"
    test_version "$version" "$python" "$@" || failed+=("$version")
done
if [ -z "$last" ]; then
    echo "no Python from 3.10 to 3.13 was found"
    exit 1
fi
free=$(find_python 3.14t | tail -n 1) || true
if [ -n "$free" ]; then
    echo "== Python 3.14, free-threaded"
    test_free_threaded "$free" "$@" || failed+=(free-threaded)
else
    echo "== Python 3.14, free-threaded: not on this machine"
fi
echo "== source distribution"
test_sdist "$last" || failed+=(sdist)
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}"
    exit 1
fi
echo "all passed"
