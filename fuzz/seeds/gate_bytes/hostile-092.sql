SELECT sum(total) OVER (w ROWS 1 PRECEDING), count(*) FILTER (WHERE id > 1) OVER w FROM sales.orders WINDOW w AS (PARTITION BY status ORDER BY id)
