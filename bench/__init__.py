"""What is measured, one script a question; each prints a Markdown table."""
