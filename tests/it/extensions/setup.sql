CREATE SCHEMA ext;
GRANT USAGE ON SCHEMA ext TO PUBLIC;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION pgcrypto SCHEMA ext;
CREATE EXTENSION intarray SCHEMA ext;
CREATE EXTENSION unaccent SCHEMA ext;
CREATE EXTENSION ltree SCHEMA ext;
CREATE EXTENSION fuzzystrmatch SCHEMA ext;
CREATE EXTENSION "uuid-ossp" SCHEMA ext;
CREATE TABLE sales.people (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email ext.citext,
    extra ext.hstore,
    path ext.ltree,
    tags integer[]
);
INSERT INTO sales.people VALUES
    (1, 'Ada', 'Ada@Example.com', 'room=>7, "likes"=>"tea"', 'top.maths', '{1,2,3}'),
    (2, 'ada b', 'ADA.B@example.com', 'room=>8', 'top.maths.logic', '{2,3}'),
    (3, 'Bob', 'bob@example.com', NULL, 'top.art', '{5}'),
    (4, 'Chloé', 'chloe@example.com', 'likes=>NULL', 'top', '{}'),
    (5, 'nobody', NULL, '', NULL, NULL);
-- Checks, defaults and indexes that call what extensions bring.
CREATE DOMAIN sales.mail AS ext.citext CHECK (VALUE OPERATOR(ext.~) '@');
CREATE TABLE sales.members (
    id uuid PRIMARY KEY DEFAULT ext.uuid_generate_v4(),
    email sales.mail,
    alias ext.citext CHECK (alias OPERATOR(ext.<>) 'root'),
    note text
);
CREATE INDEX ON sales.members USING gin (note ext.gin_trgm_ops);
CREATE INDEX ON sales.members (ext.similarity(note, 'x'));
INSERT INTO sales.members (email, alias, note) VALUES ('Ada@example.com', 'Ada', 'first');
GRANT ALL ON sales.members TO wicket, wicket_reader;
GRANT ALL ON sales.people TO wicket, wicket_reader;
