SELECT category, avg(price), round(avg(price), 2), stddev(price) FROM sales.products GROUP BY category ORDER BY category
