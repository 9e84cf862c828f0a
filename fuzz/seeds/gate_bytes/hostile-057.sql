EXPLAIN SELECT * FROM sales.customers
