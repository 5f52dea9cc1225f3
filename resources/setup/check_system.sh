#!/usr/bin/env bash
# Make sure that what pip cannot install is there. Debian's bedtools and Chromium are installed where that is possible
# (as root); for anything else that is missing, say what it is and how to get it. Only the tests need Chromium, and those
# that do are skipped without it.
set -euo pipefail
PYTHON=${PYTHON:-python3.11}

missing=()
require() { # name of the command, what to do about it
    command -v "$1" > /dev/null || missing+=("$1: $2")
}

require git "apt-get install git"
require cc "a C compiler, for packages without a binary: apt-get install build-essential"
if ! "$PYTHON" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null; then
    missing+=("Python 3.11 with venv (tried $PYTHON): apt-get install python3.11-venv, or make PYTHON=/path/to/python3.11")
fi

packages=()
command -v bedtools > /dev/null || packages+=(bedtools)
command -v chromium > /dev/null || packages+=(chromium fonts-dejavu-core)
if ((${#packages[@]})); then
    if ((EUID == 0)) && command -v apt-get > /dev/null; then
        apt-get update --quiet
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "${packages[@]}"
    else
        require bedtools "apt-get install bedtools, or https://bedtools.readthedocs.io"
        command -v chromium > /dev/null || echo "Without Chromium, the tests that open the report are skipped." >&2
    fi
fi

if ((${#missing[@]})); then
    echo "These are missing:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
fi
