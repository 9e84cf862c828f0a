SELECT ssn FROM sales.customers
