"""The commands of ``flask``, a module per group; ``credit_app.cli`` registers them."""
