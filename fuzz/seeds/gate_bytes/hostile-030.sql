SELECT private.leak(name) FROM sales.customers
