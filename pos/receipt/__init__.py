"""Slips as pure values: a transaction or figures become a `Document` for the printer."""

from pos.receipt.facts import SlipFacts
from pos.receipt.sale_slip import receipt_document
from pos.receipt.words import Words

__all__ = ["SlipFacts", "Words", "receipt_document"]
