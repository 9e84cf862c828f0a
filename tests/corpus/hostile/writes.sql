--# Writes in disguise, writes where they aren't allowed, and what a write could tell.

--! writes in disguise, and writes where they aren't allowed
SELECT * INTO scratch.copy FROM sales.customers

--! writes in disguise, and writes where they aren't allowed
SELECT id FROM sales.customers FOR UPDATE

--! writes in disguise, and writes where they aren't allowed
SELECT code FROM sales.regions FOR SHARE SKIP LOCKED

--! writes in disguise, and writes where they aren't allowed
WITH gone AS (DELETE FROM scratch.notes RETURNING *) SELECT * FROM gone

--! writes in disguise, and writes where they aren't allowed
WITH new AS (INSERT INTO scratch.notes (author, body) VALUES ('a', 'b') RETURNING id) SELECT * FROM new

--! writes in disguise, and writes where they aren't allowed
UPDATE sales.regions SET name = 'x' WHERE code = 'eu'

--! writes in disguise, and writes where they aren't allowed
INSERT INTO sales.regions VALUES ('x', 'x', 'x')

--! writes in disguise, and writes where they aren't allowed
DELETE FROM sales.orders WHERE id = 1

--! writes in disguise, and writes where they aren't allowed
INSERT INTO scratch.notes (author, body) SELECT 'x', s FROM sales.secret

--! writes in disguise, and writes where they aren't allowed
UPDATE scratch.notes SET body = c.ssn FROM sales.customers c WHERE c.id = scratch.notes.id

--! writes in disguise, and writes where they aren't allowed
DELETE FROM scratch.notes USING sales.customers c WHERE c.ssn > '' AND c.id = scratch.notes.id RETURNING body

--! writes in disguise, and writes where they aren't allowed
DELETE FROM scratch.notes WHERE id = 1 RETURNING (SELECT ssn FROM sales.customers LIMIT 1)

--! writes in disguise, and writes where they aren't allowed
DELETE FROM scratch.notes

--! writes in disguise, and writes where they aren't allowed
DELETE FROM scratch.notes WHERE true

--! writes in disguise, and writes where they aren't allowed
UPDATE scratch.notes SET done = true WHERE id = id

--! writes in disguise, and writes where they aren't allowed
UPDATE scratch.notes SET done = true WHERE id = 1 OR 1 = 1
