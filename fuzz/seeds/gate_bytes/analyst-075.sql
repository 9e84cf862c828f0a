SELECT region, loyalty, count(*) FROM sales.customers GROUP BY 1, 2 ORDER BY 1, 2
