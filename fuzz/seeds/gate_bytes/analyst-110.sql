SELECT * FROM (SELECT id, category, row_number() OVER (PARTITION BY category ORDER BY price DESC, id) AS n FROM sales.products) t WHERE n = 1 ORDER BY category
