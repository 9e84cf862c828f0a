SELECT (c).ssn FROM sales.customers c
