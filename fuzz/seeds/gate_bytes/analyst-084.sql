SELECT mode() WITHIN GROUP (ORDER BY category) FROM sales.products
