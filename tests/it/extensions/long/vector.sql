-- pgvector, in the closed schema `ext`.
CREATE SCHEMA ext;
GRANT USAGE ON SCHEMA ext TO PUBLIC;
CREATE EXTENSION vector SCHEMA ext;
CREATE TABLE sales.items (
    id integer PRIMARY KEY,
    name text NOT NULL,
    embedding ext.vector(3),
    loose ext.vector,
    numbers real[]
);
INSERT INTO sales.items VALUES
    (1, 'one', '[1,2,3]', '[1,2]', '{1,2,3}'),
    (2, 'two', '[2,3,4]', '[3,4]', '{4,5,6}'),
    (3, 'three', '[-1,0,1]', NULL, NULL),
    (4, 'four', NULL, '[1,2]', '{}');
CREATE DOMAIN sales.meaning AS ext.vector(3) CHECK (ext.vector_dims(VALUE) = 3);
CREATE TABLE sales.words (id serial PRIMARY KEY, word text DEFAULT 'x', meaning sales.meaning DEFAULT '[0,0,0]'::ext.vector);
CREATE INDEX ON sales.items USING hnsw (embedding ext.vector_l2_ops);
INSERT INTO sales.words (word, meaning) VALUES ('a', '[1,1,1]');
GRANT ALL ON ALL TABLES IN SCHEMA sales TO wicket, wicket_reader;
GRANT ALL ON ALL SEQUENCES IN SCHEMA sales TO wicket, wicket_reader;
