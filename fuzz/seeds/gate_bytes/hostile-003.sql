SELECT customers FROM sales.customers
