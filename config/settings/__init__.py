"""The settings, a subject a file. All of them together are ``config.schema.Settings``, and are imported from there."""
