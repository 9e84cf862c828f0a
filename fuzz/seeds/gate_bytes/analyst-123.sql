SELECT 'r' AS kind, count(*) AS n FROM sales.regions UNION ALL SELECT 'd', count(*) FROM hr.departments ORDER BY kind
