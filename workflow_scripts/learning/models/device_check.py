"""A check that networks can run on a device of this machine: ``python -m learning.models.device_check cuda``."""

from __future__ import annotations

import sys

from workflow_support.errors import InputError

from .devices import select_device


def main() -> None:
    try:
        select_device(sys.argv[1], threads=1)
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
