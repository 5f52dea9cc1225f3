"""
Training: the networks of all seeds of an arm, for every task and training size, in one job.

Needs: tasks/<task>/windows.tsv and codes.npy, the k-mers that the arm reads, the further files that networks of the task
read, and the model with which the arm begins, if there is one.
Makes: tasks/<task>/channels.tsv, the channels with which matched arms cost as much as those they are compared with, and
weights.safetensors, models.json and history.tsv in tasks/<task>/models/<arm>/<size>/. Beside the results, checkpoints/ has
the files from which an interrupted job goes on.
"""


rule match_channels:
    input:
        windows=run.path("tasks/{task}/windows.tsv"),
        sequences=run.path("tasks/{task}/codes.npy"),
    output:
        channels=models.channels_file(),
    log:
        run.path("logs/match_channels/{task}.log"),
    benchmark:
        run.path("benchmarks/match_channels/{task}.tsv")
    wildcard_constraints:
        task=one_of(models.tasks_with_matched_arms()),
    conda:
        LEARNING
    threads: 1
    resources:
        mem_mb=each_attempt(4000),
        runtime=each_attempt(30),
    params:
        tracks=per("task", models.track_names),
        arms=per("task", models.matches),
        code=per("task", code_with, "match_channels", models.matching_modules),
    script:
        "../workflow_scripts/match_channels.py"


rule train:
    input:
        windows=run.path("tasks/{task}/windows.tsv"),
        sequences=per("task arm", models.sequence_file),
        extras=per("task", models.extra_files),
        matched=per("task arm", models.channels_files),
        origin=per("task arm", sent.of_arm),
    output:
        weights=models.file("weights.safetensors"),
        models=models.file("models.json"),
        history=models.file("history.tsv"),
    log:
        run.path("logs/train/{task}/{arm}/{size}.log"),
    benchmark:
        run.path("benchmarks/train/{task}/{arm}/{size}.tsv")
    wildcard_constraints:
        arm=one_of(models.arms),
    conda:
        LEARNING
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=memory_for_networks(),
        runtime=TRAINING_MINUTES,
    params:
        extra_names=per("task", models.extra_names),
        kind=setting("task", "kind"),
        task="{task}",
        arm="{arm}",
        size="{size}",
        frozen=per("task arm", sent.frozen),
        seeds=config["study"]["seeds"],
        network=per("task arm", models.network),
        training=per("task arm", models.training),
        checkpoints=run.path("checkpoints/{task}/{arm}/{size}"),
        code=per("task arm", code_with, "train", models.training_modules),
    script:
        "../workflow_scripts/train.py"
