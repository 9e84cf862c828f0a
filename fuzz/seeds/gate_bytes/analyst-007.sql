SELECT id, price * 2, price + 1 AS plus, -price, price % 7 FROM sales.products ORDER BY id LIMIT 5
