SELECT id FROM sales.products WHERE attributes @> '{"colour": "red"}' ORDER BY id LIMIT 3
