SELECT DISTINCT category FROM sales.products ORDER BY category
