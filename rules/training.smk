"""
Training: the networks of all seeds of an arm, for every task and training size, in one job.

Needs: tasks/<task>/windows.tsv and the k-mers that the arm reads; of labelled tasks also classes.json.
Makes: weights.safetensors, models.json and history.tsv in tasks/<task>/models/<arm>/<size>/. Beside the results,
checkpoints/ holds what an interrupted job goes on from.
"""


rule train_network:
    input:
        windows=run.path("tasks/{task}/windows.tsv"),
        kmers=per("task arm", models.kmer_file),
        classes=per("task", inputs.classes),
    output:
        weights=models.file("weights.safetensors"),
        models=models.file("models.json"),
        history=models.file("history.tsv"),
    log:
        run.path("logs/train_network/{task}/{arm}/{size}.log"),
    benchmark:
        run.path("benchmarks/train_network/{task}/{arm}/{size}.tsv")
    wildcard_constraints:
        task=one_of(run.classification),
        arm=one_of(models.arms),
    conda:
        "../envs/learning.yaml"
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(4000) * attempt,
        runtime=TRAINING_MINUTES,
    params:
        kind=setting("task", "kind"),
        task="{task}",
        arm="{arm}",
        size="{size}",
        seeds=config["study"]["seeds"],
        network=per("task arm", models.network),
        training=per("task arm", models.training),
        checkpoints=run.path("checkpoints/{task}/{arm}/{size}"),
        code=per("task arm", training_code, "train_network"),
    script:
        "../workflow_scripts/train_network.py"
