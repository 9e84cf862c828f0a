SELECT DISTINCT ON (category) category, name, price FROM sales.products ORDER BY category, price DESC, id
