WITH a AS (SELECT region, count(*) AS n FROM sales.customers GROUP BY region), b AS (SELECT max(n) AS top FROM a) SELECT a.region FROM a, b WHERE a.n = b.top ORDER BY 1
