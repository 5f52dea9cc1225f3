#!/bin/sh
# Prints success, failed or running for the number of a job. A job that PBS does not know any more, for which qstat ends with
# 153 or says so, has not succeeded. Without an answer, as while PBS restarts, the job may well run on: another one must not
# start beside it.
found=$(qstat -x -f "$1" 2>&1)
code=$?
state=$(printf '%s\n' "$found" | sed -n 's/^ *job_state = //p')
case $state in
F | C)
    if printf '%s\n' "$found" | grep -qi '^ *exit_status = 0$'; then echo success; else echo failed; fi ;;
'')
    if [ "$code" = 153 ] || printf '%s\n' "$found" | grep -qi 'unknown job'; then echo failed; else echo running; fi ;;
*) echo running ;;
esac
