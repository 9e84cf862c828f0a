-- Types of extensions, in a schema of their own. Of what compares as equal there is one spelling, or DISTINCT had a choice.
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
GRANT USAGE ON SCHEMA ext TO PUBLIC;
CREATE TABLE shop.contacts (id integer PRIMARY KEY, nick ext.citext, extra ext.hstore, label text);
INSERT INTO shop.contacts
SELECT i, (ARRAY['Ada', 'bob', 'Chris', NULL])[1 + i % 4], (ARRAY['a=>1, b=>x', '', 'a=>2, k=>NULL', NULL]::ext.hstore[])[1 + i % 4],
       'label ' || i % 5
  FROM generate_series(1, 16) AS i;
GRANT ALL ON shop.contacts TO wicket;
ANALYZE shop.contacts;
