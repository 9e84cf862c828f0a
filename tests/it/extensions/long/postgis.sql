-- PostGIS, in the closed schema `ext`. The coordinate systems are in the extension's own table, as CREATE EXTENSION makes it.
CREATE SCHEMA ext;
GRANT USAGE ON SCHEMA ext TO PUBLIC;
CREATE EXTENSION postgis SCHEMA ext;
CREATE TABLE sales.places (
    id integer PRIMARY KEY,
    name text NOT NULL,
    spot ext.geometry(Point, 4326),
    area ext.geometry(Polygon, 4326),
    shape ext.geometry,
    earth ext.geography(Point, 4326),
    anywhere ext.geography,
    bounds ext.box2d,
    solid ext.box3d,
    wkt text,
    wkb bytea
);
INSERT INTO sales.places VALUES
    (1, 'Berlin', 'SRID=4326;POINT(13.4 52.5)', 'SRID=4326;POLYGON((13 52, 14 52, 14 53, 13 53, 13 52))',
     'LINESTRING(0 0, 10 0, 10 10)', 'POINT(13.4 52.5)', 'LINESTRING(13 52, 14 53)', 'BOX(0 0, 1 1)',
     'BOX3D(0 0 0, 1 1 1)', 'POINT(1 2)', '\x0101000000000000000000f03f0000000000000040'),
    (2, 'Paris', 'SRID=4326;POINT(2.35 48.85)', 'SRID=4326;POLYGON((2 48, 3 48, 3 49, 2 49, 2 48))',
     'POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))', 'POINT(2.35 48.85)', 'POINT(2 48)', 'BOX(2 2, 5 5)',
     'BOX3D(0 0 0, 5 5 5)', 'POINT(3 4)', '\x0101000000000000000000f03f0000000000000040'),
    (3, 'Lyon', 'SRID=4326;POINT(4.83 45.76)', NULL, 'MULTIPOINT(1 1, 2 2, 3 3)', 'POINT(4.83 45.76)',
     'POLYGON((4 45, 5 45, 5 46, 4 45))', NULL, NULL, 'POINT(1 2)', NULL),
    (4, 'nowhere', NULL, NULL, 'POINT EMPTY', NULL, NULL, NULL, NULL, 'nonsense', '\x00');
CREATE DOMAIN sales.site AS ext.geometry(Point, 4326) CHECK (ext.st_x(VALUE) < 180);
CREATE TABLE sales.sites (id serial PRIMARY KEY, at sales.site, made ext.geometry DEFAULT ext.st_makepoint(1, 2));
CREATE INDEX ON sales.places USING gist (spot);
CREATE INDEX ON sales.sites (ext.st_x(made));
INSERT INTO sales.sites (at) VALUES ('SRID=4326;POINT(1 1)');
GRANT ALL ON ALL TABLES IN SCHEMA sales TO wicket, wicket_reader;
GRANT ALL ON ALL SEQUENCES IN SCHEMA sales TO wicket, wicket_reader;
