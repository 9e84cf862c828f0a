SELECT (SELECT ssn FROM sales.orders LIMIT 1) FROM sales.customers
