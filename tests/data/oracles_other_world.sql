-- Makes of tests/data/oracles.sql another world: nothing differs that the policy of tests/it/oracles/ shows.

-- Denied columns and relations.
UPDATE shop.people SET ssn = 'no number ' || id;
UPDATE shop.orders SET total = 1000000 - total;
UPDATE shop.secrets SET secret = 'another';
INSERT INTO shop.secrets SELECT i, 'more' FROM generate_series(100, 300) AS i;
-- The hidden part of masked columns: the first letter of what is long enough, the domain, the year, the nearest ten stay.
UPDATE shop.people
   SET email = left(email, 1) || 'nothing.alike' || id || '@example.com',
       name = CASE WHEN name = '' THEN '' ELSE left(name, 1) || repeat('z', 40 - id) END,
       born = date_trunc('year', born)::date + id * 7 % 360,
       score = round(score / 10) * 10 + 1,
       prefs = CASE WHEN id % 2 = 0 THEN '["no object"]' END::jsonb;
UPDATE shop.orders SET note = CASE WHEN id % 2 = 0 THEN 'something else ' || id END;
UPDATE shop.visits SET address = '192.168.0.1';
UPDATE "Odd Schema"."Mixed Case" SET "select" = 'other ' || "Id";
-- Rows outside the filters: other values, and more of them.
UPDATE shop.people
   SET name = '', email = 'x' || id || '@elsewhere.example', region = 'jp', mood = 'ok', born = '9999-01-01', score = 99999999,
       rating = 0, tags = NULL, active = NULL, seen = 'infinity', boss_id = NULL
 WHERE tenant_id = 2;
INSERT INTO shop.people (id, tenant_id, name, email, region)
SELECT i, 2, 'new', 'new' || i || '@example.com', 'us' FROM generate_series(1001, 1300) AS i;
UPDATE shop.orders
   SET reference = md5('other' || id)::uuid, placed = '-infinity', during = 'empty', steps = NULL, person_id = 24
 WHERE tenant_id <> 1 OR status = 'sad';
INSERT INTO shop.orders
SELECT i, 1 + i % 24, 1 + i % 2, CASE WHEN i % 2 = 0 THEN 'sad' ELSE 'ok' END::shop.mood, 0, 'more', md5('more' || i)::uuid,
       '2024-01-01', NULL, NULL
  FROM generate_series(1001, 1300) AS i
 WHERE i % 2 = 0 OR 1 + i % 2 = 2;
UPDATE shop.visits
   SET person_id = NULL, at = 'infinity', took = '-1 year', clicks = '{0}', address = NULL
 WHERE page = 'login';
INSERT INTO shop.visits
SELECT i, i, date '2024-01-01' + i % 100, '2024-01-01', NULL, 'login', NULL, NULL FROM generate_series(1001, 1300) AS i;
UPDATE "Odd Schema"."Mixed Case" SET "a""b" = -7, "é" = '"no object"', "x y" = NULL WHERE "Id" IN (1, 3, 5);
INSERT INTO "Odd Schema"."Mixed Case" SELECT i, 'more', i, '[]', NULL, NULL FROM generate_series(101, 299) AS i;
ANALYZE;
