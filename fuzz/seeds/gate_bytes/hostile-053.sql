CREATE TABLE x AS SELECT * FROM sales.customers
