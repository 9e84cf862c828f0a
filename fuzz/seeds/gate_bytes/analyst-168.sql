SELECT id, lower(sold_during), upper(sold_during), upper_inf(sold_during) FROM sales.products WHERE id IN (6, 7) ORDER BY id
