#!/bin/sh
# Submits a job and prints its number: submit.sh THREADS MEGABYTES MINUTES GPUS SCRIPT. Add -q and -A if the site wants them.
set -eu
threads=$1 megabytes=$2 minutes=$3 gpus=$4 script=$5
chunk="select=1:ncpus=$threads:mem=${megabytes}mb"
if [ "$gpus" -gt 0 ]; then chunk="$chunk:ngpus=$gpus"; fi
qsub -l "$chunk" -l "walltime=$((minutes / 60)):$((minutes % 60)):00" -j oe -o .snakemake/ "$script"
