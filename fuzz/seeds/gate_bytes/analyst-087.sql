SELECT region, loyalty, count(*) FROM sales.customers GROUP BY ROLLUP (region, loyalty) ORDER BY region NULLS LAST, loyalty NULLS LAST
