SELECT ordered_at AT TIME ZONE 'Europe/Madrid', ordered_at::date, to_char(ordered_at, 'YYYY-MM-DD HH24:MI') FROM sales.orders ORDER BY id LIMIT 2
