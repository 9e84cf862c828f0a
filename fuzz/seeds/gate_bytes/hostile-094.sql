SELECT DISTINCT ON (region) region, email FROM sales.customers ORDER BY region, 2
