#!/bin/sh
# Prints success, failed or running for the number of a job. A job that LSF does not know any more has not succeeded.
case $(bjobs -noheader -o stat "$1" 2>/dev/null) in
DONE) echo success ;;
EXIT | '') echo failed ;;
*) echo running ;;
esac
