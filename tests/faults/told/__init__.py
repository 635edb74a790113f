"""An app that has something to tell: one kind that goes out once, one that goes out at least once; and tasks that
bring their worker down."""
