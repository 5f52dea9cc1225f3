"""
Hyperbolicity: how much like a tree the embeddings of the networks are, where `hyperbolicity` is configured.

Needs: windows and codes of tasks with classes, and the networks of all their arms at the largest size.
Makes: embedding_distances.npy beside these networks, study/hyperbolicity.tsv and
study/reference_spaces.tsv.
"""

HYPERBOLICITY_SEED = 1

if study.measures_hyperbolicity:

    rule embed_sequences:
        input:
            windows=run.path("tasks/{task}/windows.tsv"),
            codes=run.path("tasks/{task}/codes.npy"),
            weights=models.file("weights.safetensors"),
            models=models.file("models.json"),
        output:
            distances=models.file("embedding_distances.npy"),
        log:
            run.path("logs/embed_sequences/{task}/{arm}/{size}.log"),
        benchmark:
            run.path("benchmarks/embed_sequences/{task}/{arm}/{size}.tsv")
        wildcard_constraints:
            task=one_of(run.classification),
            arm=one_of(models.arms),
        group:
            "evaluations"
        conda:
            LEARNING
        threads: config["compute"]["threads"]
        resources:
            gpu=GPUS,
            mem_mb=each_attempt(network_memory(4000)),
            runtime=each_attempt(30),
        params:
            **config["hyperbolicity"],
            seed=HYPERBOLICITY_SEED,
            device=config["compute"]["device"],
            threads=config["compute"]["threads"],
            code=code("embed_sequences"),
        script:
            "../workflow_scripts/embed_sequences.py"

    rule measure_hyperbolicity:
        input:
            distances=study.embedding_distances(),
        output:
            hyperbolicity=run.path("study/hyperbolicity.tsv"),
            references=run.path("study/reference_spaces.tsv"),
        log:
            run.path("logs/measure_hyperbolicity.log"),
        benchmark:
            run.path("benchmarks/measure_hyperbolicity.tsv")
        conda:
            "../envs/study.yaml"
        threads: 1
        resources:
            mem_mb=each_attempt(2000),
            runtime=each_attempt(60),
        params:
            models=study.embedded_models(),
            seeds=config["study"]["seeds"],
            points=config["hyperbolicity"]["points"],
            samples=config["hyperbolicity"]["samples"],
            seed=HYPERBOLICITY_SEED,
            code=code("measure_hyperbolicity"),
        script:
            "../workflow_scripts/measure_hyperbolicity.py"
