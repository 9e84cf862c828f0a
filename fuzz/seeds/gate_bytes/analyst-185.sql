SELECT o.status::text || '!' AS s, count(*) FROM sales.orders o GROUP BY o.status ORDER BY s
