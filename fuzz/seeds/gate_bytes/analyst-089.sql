SELECT region, loyalty, count(*) FROM sales.customers GROUP BY GROUPING SETS ((region), (loyalty), ()) ORDER BY 1 NULLS LAST, 2 NULLS LAST
