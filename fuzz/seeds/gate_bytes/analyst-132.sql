SELECT coalesce(phone, 'none') AS phone, nullif(region, 'eu') AS not_eu, greatest(1, 3, 2), least(4, 2) FROM sales.customers ORDER BY id LIMIT 9
