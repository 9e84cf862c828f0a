SELECT category, sum(price), rank() OVER (ORDER BY sum(price) DESC) FROM sales.products GROUP BY category ORDER BY 3
