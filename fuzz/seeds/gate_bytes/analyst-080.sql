SELECT category, string_agg(name, ', ' ORDER BY name) FROM sales.products WHERE id < 12 GROUP BY category ORDER BY category
