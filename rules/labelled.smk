"""
Labelled sequences: what comes with a class needs no peaks, no negatives and no genome.

Needs: the files of sequences of every labelled task.
Makes: in tasks/<task>/ windows.tsv and codes.npy, as of a binary task, classes.json, duplicates.tsv, which reports copies
of sequences, and window_counts.tsv, which accounts for the rows.
"""


rule prepare_sequences:
    input:
        sequences=per("task", inputs.sequences),
    output:
        windows=run.path("tasks/{task}/windows.tsv"),
        codes=run.path("tasks/{task}/codes.npy"),
        classes=run.path("tasks/{task}/classes.json"),
        duplicates=run.path("tasks/{task}/duplicates.tsv"),
        accounting=run.path("tasks/{task}/window_counts.tsv"),
    log:
        run.path("logs/prepare_sequences/{task}.log"),
    benchmark:
        run.path("benchmarks/prepare_sequences/{task}.tsv")
    wildcard_constraints:
        task=one_of(run.labelled),
    group:
        "windows"
    conda:
        "../envs/genomics.yaml"
    threads: 1
    resources:
        mem_mb=memory_for("prepare_sequences"),
        runtime=minutes_for("prepare_sequences"),
    params:
        splits_of_files=per("task", inputs.splits_of_sequences),
        made_splits=setting("task", "sequences", "make_splits"),
        sequence_column=setting("task", "sequences", "sequence_column"),
        label_column=setting("task", "sequences", "label_column"),
        width=setting("task", "sequences", "width"),
        remove_copies=setting("task", "remove_copies"),
        code=code("prepare_sequences"),
    script:
        "../workflow_scripts/prepare_sequences.py"
