SELECT region, grouping(region) FROM sales.customers GROUP BY GROUPING SETS ((region), (region, name), ())
