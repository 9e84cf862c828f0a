SELECT kind, count(*) FROM sales.events WHERE happened_at >= '2024-02-01' AND happened_at < '2024-03-01' GROUP BY kind ORDER BY kind
