SELECT count(*) FROM sales.orders WHERE (comment LIKE '%gift%') IS TRUE
