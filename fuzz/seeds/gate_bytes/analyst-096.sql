SELECT max(price) - min(price) AS spread, sum(price) / count(*) AS mean FROM sales.products
