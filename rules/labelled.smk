"""
Labelled sequences: what comes with a class needs no peaks, no negatives and no genome.

Needs: the files of sequences of every labelled task.
Makes: in tasks/<task>/ windows.tsv and codes.npy, as of a binary task, classes.json, duplicates.tsv, which reports copies
of sequences, and sequence_counts.tsv, which accounts for the rows.
"""


rule prepare_sequences:
    input:
        sequences=lambda wildcards: unique(
            local_paths(
                *(
                    f"tasks.{wildcards.task}.sequences.{split}"
                    for split in files_of_splits(wildcards.task)
                )
            )
        ),
    output:
        windows=run_path("tasks/{task}/windows.tsv"),
        codes=run_path("tasks/{task}/codes.npy"),
        classes=run_path("tasks/{task}/classes.json"),
        duplicates=run_path("tasks/{task}/duplicates.tsv"),
        accounting=run_path("tasks/{task}/sequence_counts.tsv"),
    log:
        run_path("logs/prepare_sequences/{task}.log"),
    benchmark:
        run_path("benchmarks/prepare_sequences/{task}.tsv")
    wildcard_constraints:
        task=one_of(LABELLED_TASKS),
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 15 * attempt,
    params:
        splits_of_files=splits_of_files,
        made_splits=task_setting("sequences", "make_splits"),
        sequence_column=task_setting("sequences", "sequence_column"),
        label_column=task_setting("sequences", "label_column"),
        width=task_setting("sequences", "width"),
        code=code("prepare_sequences"),
    script:
        "../workflow_scripts/prepare_sequences.py"
