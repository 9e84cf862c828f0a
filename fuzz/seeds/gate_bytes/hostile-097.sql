SELECT name AS "a'b", name AS "--", name AS "/*", name AS ";" FROM sales.products
