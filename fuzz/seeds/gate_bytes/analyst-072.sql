SELECT count(*), count(phone), count(DISTINCT region), min(birth_date), max(birth_date) FROM sales.customers
