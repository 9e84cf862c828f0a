DELETE FROM scratch.notes n USING sales.orders o WHERE o.id = n.id RETURNING o.total
