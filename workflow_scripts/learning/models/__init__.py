"""Networks: built, saved, loaded, and the arrays and devices that they run on."""
