#!/bin/sh
# Prints success, failed or running for the number of a job. A job that PBS does not know any more has not succeeded.
found=$(qstat -x -f "$1" 2>/dev/null || true)
state=$(printf '%s\n' "$found" | sed -n 's/^ *job_state = //p')
case $state in
F | C)
    if printf '%s\n' "$found" | grep -qi '^ *exit_status = 0$'; then echo success; else echo failed; fi ;;
'') echo failed ;;
*) echo running ;;
esac
