"""Jobs that say where they ran, and one that needs more memory than it first asks for."""


rule all:
    input:
        "placed/on_cpu.txt",
        "placed/on_gpu.txt",
        expand("placed/evaluated.{n}.txt", n=[1, 2]),
        "placed/grown.txt",


rule on_cpu:
    output:
        "placed/on_cpu.txt",
    resources:
        gpu=0,
    shell:
        "echo ${{CUDA_VISIBLE_DEVICES:-none}} > {output}"


rule on_gpu:
    output:
        "placed/on_gpu.txt",
    resources:
        gpu=1,
    shell:
        "echo ${{CUDA_VISIBLE_DEVICES:-none}} > {output}"


# The profile lets several jobs of this group share a Slurm job.
rule evaluate:
    output:
        "placed/evaluated.{n}.txt",
    group:
        "evaluations"
    resources:
        gpu=1,
    shell:
        "echo ${{CUDA_VISIBLE_DEVICES:-none}} > {output}"


# The first attempt waits to be killed, for Slurm looks at memory from time to time; the second has enough.
rule grow:
    output:
        "placed/grown.txt",
    resources:
        mem_mb=lambda wildcards, attempt: 600 * attempt,
    params:
        seconds=lambda wildcards, resources: 600 if resources.mem_mb == 600 else 0,
    shell:
        "python -c 'import time; held = bytearray(600 << 20); time.sleep({params.seconds})'"
        " && echo {resources.mem_mb} > {output}"
