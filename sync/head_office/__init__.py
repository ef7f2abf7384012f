"""Head office: enrolment, ingest, feed, daily sales and the dashboard."""
