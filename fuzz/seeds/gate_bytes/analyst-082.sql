SELECT array_agg(DISTINCT category ORDER BY category) FROM sales.products
