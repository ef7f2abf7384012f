"""Quality: batches and dates, recalls, maintenance, readings, tracing, the records of the law."""
