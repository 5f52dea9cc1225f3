"""Networks as files and objects: built, saved, loaded and fed."""
