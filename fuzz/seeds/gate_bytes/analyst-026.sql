SELECT id, loyalty FROM sales.customers WHERE loyalty >= 'silver' ORDER BY loyalty DESC, id LIMIT 5
