"""The till's two SQLite files through peewee: its journal, and the reference data it reads."""
