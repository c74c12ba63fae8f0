"""Handlers, one module a page: decode the address, ask a service, render a template."""
