SELECT status, count(*), sum(total) FROM sales.order_totals GROUP BY status ORDER BY status
