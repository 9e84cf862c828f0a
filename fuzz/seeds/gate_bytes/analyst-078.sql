SELECT category, round(variance(price), 4), bool_and(price > 5), bool_or(price > 390), every(price > 0) FROM sales.products GROUP BY category ORDER BY category
