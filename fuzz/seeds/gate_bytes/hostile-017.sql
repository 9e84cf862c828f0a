SELECT "ssn", "SSN", "Ssn" FROM sales.customers
