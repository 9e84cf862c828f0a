SELECT region, count(*) FROM sales.customers GROUP BY region ORDER BY region
