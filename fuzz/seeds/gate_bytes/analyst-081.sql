SELECT category, array_agg(id ORDER BY id DESC) FROM sales.products WHERE id < 12 GROUP BY category ORDER BY category
