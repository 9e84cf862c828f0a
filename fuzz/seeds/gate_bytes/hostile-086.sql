SELECT id FROM sales.products LIMIT $1 OFFSET $2
