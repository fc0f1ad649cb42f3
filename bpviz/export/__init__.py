"""What leaves the program as text: records, results and tables. No Qt."""
