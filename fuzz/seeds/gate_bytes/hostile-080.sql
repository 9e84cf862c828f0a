SELECT * FROM sales.orders QUALIFY row_number() OVER () = 1
