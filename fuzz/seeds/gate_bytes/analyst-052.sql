SELECT c.id, n.total FROM sales.customers c LEFT JOIN LATERAL (SELECT count(*) AS total FROM sales.orders o WHERE o.customer_id = c.id) n ON true WHERE c.id <= 5 ORDER BY c.id
