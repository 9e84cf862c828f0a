SELECT id FROM sales.products WHERE price >= ALL (SELECT price FROM sales.products)
