SELECT status, sum(quantity * unit_price) AS revenue FROM sales.orders o JOIN sales.order_items i ON i.order_id = o.id GROUP BY status HAVING sum(quantity) > 100 ORDER BY revenue DESC
