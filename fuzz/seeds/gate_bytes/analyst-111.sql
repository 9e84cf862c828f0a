WITH big AS (SELECT * FROM sales.products WHERE price > 200) SELECT count(*), min(price) FROM big
