"""
Training: one network for every task, arm and seed.

Needs: tasks/<task>/windows.tsv and the k-mers that the arm reads.
Makes: weights.safetensors, model.json and history.tsv in tasks/<task>/models/<arm>/seed<seed>/.
"""


rule train_network:
    input:
        windows=run_path("tasks/{task}/windows.tsv"),
        kmers=arm_kmers,
    output:
        weights=run_path("tasks/{task}/models/{arm}/seed{seed}/weights.safetensors"),
        model=run_path("tasks/{task}/models/{arm}/seed{seed}/model.json"),
        history=run_path("tasks/{task}/models/{arm}/seed{seed}/history.tsv"),
    log:
        run_path("logs/train_network/{task}/{arm}/seed{seed}.log"),
    benchmark:
        run_path("benchmarks/train_network/{task}/{arm}/seed{seed}.tsv")
    wildcard_constraints:
        task=one_of(BINARY_TASKS),
    conda:
        "../envs/learning.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 480 * attempt,
    params:
        task="{task}",
        arm="{arm}",
        seed=lambda wildcards: int(wildcards.seed),
        architecture=architecture,
        training=training_settings,
        code=code("train_network"),
    script:
        "../workflow_scripts/train_network.py"
