"""
Models: the trained networks of a contestant as a folder that can be sent, and folders that were sent.

Needs: the trained networks, the test windows, the input files of the task; models that the configuration names.
Makes: models/<task>.<arm>/ with model.json, weights.safetensors, README.md and metrics.png; opened/<key>/ with model.json and
weights.safetensors.
"""


rule pack_model:
    input:
        windows=per("model", model_files.task_file, "windows.tsv"),
        sequences=per("model", model_files.task_file, "codes.npy"),
        extras=per("model", model_files.extra_files),
        near_copies=per("model", model_files.task_file, "near_copies.npy"),
        weights=per("model", model_files.member_files, "weights.safetensors"),
        models=per("model", model_files.member_files, "models.json"),
        sources=per("model", model_files.sources),
    output:
        description=model_files.file("model.json"),
        packed=model_files.file("weights.safetensors"),
    log:
        run.path("logs/pack_model/{model}.log"),
    benchmark:
        run.path("benchmarks/pack_model/{model}.tsv")
    wildcard_constraints:
        model=one_of(model_files.contestants),
    conda:
        LEARNING
    threads: config["compute"]["threads"]
    resources:
        gpu=GPUS,
        mem_mb=each_attempt(network_memory(8000)),
        runtime=each_attempt(60),
    params:
        extra_names=per("model", model_files.extra_names),
        source_keys=per("model", model_files.source_keys),
        settings=per("model", model_files.settings),
        kind=per("model", model_files.kind),
        task=per("model", model_files.task),
        arm=per("model", model_files.contestant),
        size=per("model", model_files.size),
        average_strands=per("model", model_files.average_strands),
        device=config["compute"]["device"],
        threads=config["compute"]["threads"],
        code=code("pack_model", *modules_of_script("evaluate")),
    script:
        "../workflow_scripts/pack_model.py"


rule plot_model:
    input:
        description=model_files.file("model.json"),
    output:
        svg=model_files.file("metrics.svg"),
        png=model_files.file("metrics.png"),
    log:
        run.path("logs/plot_model/{model}.log"),
    benchmark:
        run.path("benchmarks/plot_model/{model}.tsv")
    wildcard_constraints:
        model=one_of(model_files.contestants),
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(2000),
        runtime=each_attempt(10),
    params:
        module="model_card",
        code=code("plot", "figures.model_card"),
    script:
        "../workflow_scripts/plot.py"


rule write_model_card:
    input:
        description=model_files.file("model.json"),
        figure=model_files.file("metrics.png"),
    output:
        readme=model_files.file("README.md"),
    log:
        run.path("logs/write_model_card/{model}.log"),
    benchmark:
        run.path("benchmarks/write_model_card/{model}.tsv")
    wildcard_constraints:
        model=one_of(model_files.contestants),
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        mem_mb=each_attempt(1000),
        runtime=each_attempt(10),
    params:
        code=code("write_model_card"),
    script:
        "../workflow_scripts/write_model_card.py"


rule open_model:
    input:
        sources=per("sent", sent.sources),
    output:
        description=sent.opened()[0],
        weights=sent.opened()[1],
    log:
        run.path("logs/open_model/{sent}.log"),
    benchmark:
        run.path("benchmarks/open_model/{sent}.tsv")
    wildcard_constraints:
        sent=one_of(sent.keys),
    # Read, and so checked, before genomes.
    priority: CHECKS_FIRST
    conda:
        LEARNING
    threads: 1
    resources:
        mem_mb=each_attempt(2000),
        runtime=each_attempt(15),
    params:
        digest=per("sent", sent.digest),
        code=code("open_model"),
    script:
        "../workflow_scripts/open_model.py"
