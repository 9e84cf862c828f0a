SELECT row_to_json(c) FROM sales.customers c
