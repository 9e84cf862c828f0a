--# Questions about hidden values by predicates, orderings, errors and estimates.

--! how many names begin so, hidden rows among them
SELECT count(*) FROM sales.customers WHERE name LIKE 'CANARY%'

--! masked columns as they are stored, and the hidden rows, in the order of the key
SELECT email, phone FROM sales.customers ORDER BY id

--! the greatest and least of masked columns as they are stored, and all of their values
SELECT max(email), min(phone), string_agg(DISTINCT email, ',') FROM sales.customers

--! whether hidden rows exist, from a division by zero that they would raise
SELECT count(*) FROM (SELECT 1 / (id % 2 - 1) AS x FROM sales.customers) q WHERE x < 0

--! all names, hidden rows among them, as one text
SELECT string_agg(name, ',' ORDER BY id) FROM sales.customers

--! names and masked columns as they are stored, as one JSON value
SELECT jsonb_agg(jsonb_build_object('n', c.name, 'e', c.email)) FROM sales.customers c

--! whether names begin so in hidden rows that orders point to, through an outer join
SELECT count(*) FROM sales.orders o LEFT JOIN sales.customers c ON c.id = o.customer_id WHERE c.name LIKE 'CANARY%'

--! which hidden phone digits there are, by a regular expression on the masked column
SELECT id FROM sales.customers WHERE phone ~ '^[b-t]{4}'

--! the day of birth behind a year, by extracting it in a condition
SELECT id, extract(doy FROM birth_date) FROM sales.customers WHERE extract(day FROM birth_date) > 1

--! the real limit behind a rounded one, by the remainder of a division
SELECT id FROM sales.customers WHERE credit_limit % 500 <> 0

--! the loyalty that is told as NULL, by comparing it with every value of its enum
SELECT id, loyalty = ANY (enum_range(NULL::sales.loyalty)) FROM sales.customers

--! the order of hidden e-mails by a rank over the masked ones
SELECT id, dense_rank() OVER (ORDER BY email, id) FROM sales.customers ORDER BY id

--! whether two customers share a hidden birthday, by grouping on the mask
SELECT birth_date, count(*), array_agg(id ORDER BY id) FROM sales.customers GROUP BY birth_date HAVING count(*) > 1

--! a masked comment by an error of its cast
SELECT id, comment::int FROM sales.orders WHERE comment IS NOT NULL

--! a masked comment by an error of its cast that only one branch takes
SELECT CASE WHEN comment LIKE '%b%' THEN comment::int ELSE 0 END FROM sales.orders

--! hidden codes that aren't numbers, by the error of a cast beside the filter
SELECT count(*) FROM sales.codes WHERE code::int >= 0

--! hidden divisors that are zero, by dividing before the filter
SELECT id FROM sales.codes WHERE 1000 / divisor > 3

--! hidden codes by a cast in a join condition that may run below the filter
SELECT a.id FROM sales.codes a JOIN sales.codes b ON a.code::int = b.id

--! hidden codes by a cast in an aggregate's filter
SELECT sum(id) FILTER (WHERE code::int > 3), avg(100 / divisor) FROM sales.codes

--! hidden codes by a cast in a sort key, which runs before LIMIT
SELECT id FROM sales.codes ORDER BY code::int, id LIMIT 3

--! hidden codes by a cast in a window's partition
SELECT id, row_number() OVER (PARTITION BY code::int % 5 ORDER BY id) FROM sales.codes ORDER BY id

--! hidden codes by a cast in a set returning function of FROM
SELECT c.id, g FROM sales.codes c, generate_series(1, c.code::int) AS g WHERE g > 45

--! hidden codes by a condition on a semi-join that the planner may push down
SELECT r.code FROM sales.regions r WHERE EXISTS (SELECT 1 FROM sales.codes c WHERE c.code::numeric > 0 AND length(r.code) > 0)

--! hidden codes by an anti-join whose condition raises
SELECT r.code FROM sales.regions r WHERE NOT EXISTS (SELECT FROM sales.codes c WHERE 1 / c.divisor = length(r.code))

--! hidden codes by the condition on the grouped output, which is pushed below the grouping
SELECT q.code FROM (SELECT code, count(*) AS n FROM sales.codes GROUP BY code) q WHERE q.code::int < 10

--! hidden codes by a condition pushed through DISTINCT
SELECT * FROM (SELECT DISTINCT code, divisor FROM sales.codes) q WHERE 10 / q.divisor >= 0

--! hidden codes by a condition pushed through UNION ALL
SELECT * FROM (SELECT code FROM sales.codes UNION ALL SELECT '1') q WHERE q.code::int = 1

--! hidden codes by a condition pushed through a window's partition key
SELECT * FROM (SELECT code, count(*) OVER (PARTITION BY code) FROM sales.codes) q WHERE q.code::int = 7

--! hidden codes by a subplan that is hashed before the filter is asked
SELECT id FROM sales.regions CROSS JOIN generate_series(1, 3) AS id WHERE id NOT IN (SELECT code::int FROM sales.codes)

--! hidden rows by the estimate in a plan
EXPLAIN SELECT * FROM sales.codes WHERE code = 'x'

--! hidden rows by the estimate in a plan of another format
EXPLAIN (FORMAT JSON, COSTS true, VERBOSE true) SELECT id FROM sales.customers WHERE name > 'c'

--! hidden rows by the rows that really passed
EXPLAIN (ANALYZE, TIMING off, SUMMARY off, BUFFERS off) SELECT id FROM sales.events WHERE kind = 'login'

--! the filter itself and its literals by the text of a plan
EXPLAIN (VERBOSE, COSTS off) SELECT c.id, o.id FROM sales.customers c LEFT JOIN sales.orders o ON o.customer_id = c.id

--! hidden payloads by a json path with a filter that raises
SELECT id FROM sales.events WHERE payload @? 'strict $.device ? (@ like_regex "^[b-t]+$")'

--! hidden payloads by a json path that returns the whole document
SELECT jsonb_path_query(payload, '$.**') FROM sales.events WHERE kind LIKE 'log%'

--! hidden keys by setting them apart
SELECT k, count(*) FROM sales.events e, jsonb_object_keys(e.payload) AS k GROUP BY k ORDER BY k

--! words of hidden names by text search
SELECT id, ts_headline('simple', name, 'a & b') FROM sales.customers WHERE to_tsvector('simple', name) @@ to_tsquery('simple', 'b:*')

--! masked comments by the vocabulary of a text search
SELECT (unnest(to_tsvector('simple', comment))).lexeme FROM sales.orders

--! the percentile of hidden salaries of rows beside those shown
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY credit_limit), mode() WITHIN GROUP (ORDER BY phone) FROM sales.customers

--! where a guess would stand among hidden e-mails
SELECT rank('m') WITHIN GROUP (ORDER BY email), cume_dist(50) WITHIN GROUP (ORDER BY credit_limit) FROM sales.customers

--! a linear relation between the hidden limit and the id
SELECT regr_slope(credit_limit, id), corr(credit_limit, id), stddev(credit_limit) FROM sales.customers

--! hidden bits by folding them together
SELECT bit_xor(hashtext(email)), bool_or(phone LIKE '%bb%'), bit_or(ascii(phone)) FROM sales.customers

--! a hash of what is hidden, to be compared with a list of guesses
SELECT id, md5(email || phone), hashtext(comment) FROM sales.customers JOIN sales.orders o USING (id)

--! the size of hidden values instead of the values
SELECT id, length(email), octet_length(phone), bit_length(phone) FROM sales.customers

--! the stored size of a column whose mask has another
SELECT id, pg_column_size(birth_date), pg_column_size(loyalty) FROM sales.customers

--! the nullness of a value that is told as NULL
SELECT id, loyalty IS NULL, num_nulls(loyalty, phone, email), loyalty IS DISTINCT FROM NULL FROM sales.customers

--! the neighbour of a hidden value by a window's frame in the order of the masked one
SELECT id, first_value(id) OVER (ORDER BY credit_limit, id RANGE BETWEEN 10 PRECEDING AND CURRENT ROW) FROM sales.customers ORDER BY id

--! the text of a hidden value in a message about a bad date
SELECT make_date(2000, 13, length(phone)), to_date(phone, 'YYYY-MM-DD') FROM sales.customers

--! the text of a hidden value in a message about a bad JSON document
SELECT comment::jsonb, phone::inet, email::xml, phone::uuid FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id

--! the text of a hidden value as a bad regular expression
SELECT id FROM sales.customers WHERE 'x' ~ ('[' || email)

--! the text of a hidden value as a bad interval, time zone or encoding
SELECT birth_date AT TIME ZONE phone FROM sales.customers

--! the text of a hidden value by an overflow
SELECT (credit_limit::int * 2147483647)::int2, repeat(email, 10)::varchar(3), phone::"char" FROM sales.customers
