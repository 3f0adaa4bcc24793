"""The report: tables for other tools, and pages and plots for people."""
