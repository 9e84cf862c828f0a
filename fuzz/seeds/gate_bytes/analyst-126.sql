(SELECT id FROM sales.products ORDER BY price DESC, id LIMIT 2) UNION ALL (SELECT id FROM sales.products ORDER BY price, id LIMIT 2)
