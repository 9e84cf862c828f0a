SELECT q.region, q.n FROM (SELECT region, count(*) AS n FROM sales.customers GROUP BY region) q WHERE q.n > 50 ORDER BY q.n DESC, q.region
