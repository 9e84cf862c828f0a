SELECT region FROM sales.customers GROUP BY region HAVING count(*) > (SELECT count(*) / 5 FROM sales.customers) ORDER BY region
