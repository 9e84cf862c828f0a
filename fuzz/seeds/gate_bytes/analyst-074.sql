SELECT region AS r, count(*) AS n FROM sales.customers GROUP BY r ORDER BY n DESC, r
