SELECT region, count(*) FILTER (WHERE loyalty = 'gold') AS gold, count(*) FILTER (WHERE loyalty = 'none') AS plain FROM sales.customers GROUP BY region ORDER BY region
