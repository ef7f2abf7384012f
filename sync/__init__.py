"""Between shops and head office: wire, outbox, inbox and the uploader process."""
