"""The shop: domain, store, services and screens of a till."""
