SELECT corr(quantity, unit_price) IS NOT NULL, regr_count(quantity, unit_price) FROM sales.order_items
