#!/bin/sh
# Submits a job and prints its number: submit.sh THREADS MEGABYTES MINUTES GPUS SCRIPT. Add -q and -P if the site wants them.
set -eu
threads=$1 megabytes=$2 minutes=$3 gpus=$4 script=$5
set -- -n "$threads" -W "$minutes" -M "${megabytes}MB" -R "rusage[mem=${megabytes}MB] span[hosts=1]" -o .snakemake/lsf.%J.log
if [ "$gpus" -gt 0 ]; then set -- "$@" -gpu "num=$gpus"; fi
bsub "$@" "$script" | sed -n 's/^Job <\([0-9]*\)>.*/\1/p'
