SELECT e.payload ->> 'page' AS page, count(*) FROM sales.events e WHERE e.kind = 'view' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5
