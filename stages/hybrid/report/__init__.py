"""The report: tables for tools, and pages and pictures for people."""
