SELECT CASE status WHEN 'new' THEN 1 WHEN 'paid' THEN 2 END AS step, count(*) FROM sales.orders GROUP BY 1 ORDER BY 1 NULLS LAST
