SELECT region, loyalty, count(*), grouping(region, loyalty) FROM sales.customers GROUP BY CUBE (region, loyalty) ORDER BY 4, 1, 2
