UPDATE scratch.notes n SET title = c.name FROM sales.customers c WHERE c.id = n.id RETURNING n.*, c.name
