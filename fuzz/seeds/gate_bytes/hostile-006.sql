SELECT (sales.customers.*)::text FROM sales.customers
