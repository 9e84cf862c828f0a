-- Makes of the star schema what the policy of tests/it/acceptance.rs shows of it: hidden rows are gone, masked values are
-- really those of the mask, denied columns aren't there.
DELETE FROM star.customers WHERE tenant <> 1;
UPDATE star.customers
   SET name = left(name, 1) || '***', email = left(email, 1) || '***@' || split_part(email, '@', 2),
       joined = date_trunc('year', joined)::date, credit = credit / 100 * 100;
ALTER TABLE star.customers DROP card;
DELETE FROM star.sales WHERE tenant <> 1;
UPDATE star.returns SET reason = NULL;
UPDATE star.stores SET manager = '***';
ALTER TABLE star.products DROP cost;
DELETE FROM star.stock WHERE store_id = 3;
DELETE FROM star.visits WHERE tenant <> 1;
DELETE FROM star.prices WHERE product_id = 7;
ANALYZE;
