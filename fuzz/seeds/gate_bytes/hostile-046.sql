SELECT 1; DROP TABLE sales.customers
