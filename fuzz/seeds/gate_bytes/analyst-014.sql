SELECT id, region FROM sales.customers WHERE region IN ('uk', 'jp') ORDER BY region DESC, id LIMIT 6
