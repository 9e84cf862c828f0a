DELETE FROM scratch.notes WHERE id IN (SELECT id FROM sales.orders)
