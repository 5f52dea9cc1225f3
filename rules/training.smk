"""
Training: the networks of all seeds of an arm, for every task and training size, in one job.

Needs: tasks/<task>/windows.tsv and the k-mers that the arm reads; of labelled tasks also classes.json.
Makes: weights.safetensors, models.json and history.tsv in tasks/<task>/models/<arm>/<size>/. Beside the results,
checkpoints/ holds what an interrupted job goes on from.
"""


rule train_network:
    input:
        windows=run_path("tasks/{task}/windows.tsv"),
        kmers=arm_kmers,
        classes=task_classes,
    output:
        weights=model_file("weights.safetensors"),
        models=model_file("models.json"),
        history=model_file("history.tsv"),
    log:
        run_path("logs/train_network/{task}/{arm}/{size}.log"),
    benchmark:
        run_path("benchmarks/train_network/{task}/{arm}/{size}.tsv")
    wildcard_constraints:
        task=one_of(CLASSIFICATION_TASKS),
        arm=one_of(ARMS),
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: network_memory(4000) * attempt,
        runtime=TRAINING_MINUTES,
    params:
        kind=task_setting("kind"),
        task="{task}",
        arm="{arm}",
        size="{size}",
        seeds=SEEDS,
        architecture=architecture,
        training=training_settings,
        checkpoints=run_path("checkpoints/{task}/{arm}/{size}"),
        code=training_code("train_network", architecture),
    script:
        "../workflow_scripts/train_network.py"
