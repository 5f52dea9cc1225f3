#!/bin/sh
# Prints success, failed or running for the number of a job. A job that LSF does not know any more has not succeeded. Without
# an answer, as while LSF restarts, the job may well run on: another one must not start beside it.
state=$(bjobs -noheader -o stat "$1" 2>/dev/null)
if [ -z "$state" ]; then state=$(bjobs -noheader -o stat "$1" 2>&1); fi
case $state in
DONE) echo success ;;
EXIT | *'is not found'*) echo failed ;;
*) echo running ;;
esac
