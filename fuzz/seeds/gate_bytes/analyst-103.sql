SELECT id, ordered_at, count(*) OVER (ORDER BY ordered_at RANGE BETWEEN interval '1 day' PRECEDING AND CURRENT ROW) FROM sales.orders ORDER BY id LIMIT 12
