"""Readers and writers of file formats. Every reader checks what it reads and names the file and line of an error."""
