-- Reading and writing out
SELECT id, name, spot, area, shape, earth, anywhere, bounds, solid FROM sales.places ORDER BY id;
SELECT * FROM sales.places ORDER BY id;
SELECT id, at, made FROM sales.sites ORDER BY id;
SELECT id, ST_AsText(spot), ST_AsEWKT(area), ST_AsBinary(shape), ST_AsEWKB(spot), ST_AsHEXEWKB(spot) FROM sales.places ORDER BY id;
SELECT id, ST_AsText(spot, 1), ST_AsText(earth), ST_AsText(anywhere, 2) FROM sales.places ORDER BY id;
SELECT id, ST_AsGeoJSON(spot), ST_AsGeoJSON(area, 3), ST_AsGeoJSON(spot, 5, 8), ST_AsGeoJSON(earth) FROM sales.places ORDER BY id;
SELECT id, ST_AsSVG(shape), ST_AsTWKB(shape), ST_AsGML(spot), ST_AsGML(3, spot), ST_AsKML(spot) FROM sales.places ORDER BY id;
SELECT id, ST_GeoHash(spot), ST_AsEncodedPolyline(ST_SetSRID(shape, 4326)) FROM sales.places WHERE id = 1;
SELECT spot::text, shape::bytea, shape::json, shape::jsonb FROM sales.places WHERE id < 4 ORDER BY id;
SELECT to_json(spot), jsonb_build_object('s', shape), to_jsonb(area) FROM sales.places WHERE id < 3 ORDER BY id;
SELECT concat(spot, '/', bounds), format('%s', shape) FROM sales.places ORDER BY id;
-- Making geometries
SELECT ST_MakePoint(1, 2), ST_Point(1, 2), ST_Point(1, 2, 4326), ST_PointZ(1, 2, 3, 4326), ST_MakePointM(1, 2, 3);
SELECT ST_SetSRID(ST_MakePoint(13.4, 52.5), 4326), ST_SRID(ST_SetSRID(ST_MakePoint(1, 2), 4326));
SELECT ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(1 2)', 4326), ST_GeomFromEWKT('SRID=4326;POINT(1 2)');
SELECT ST_GeomFromWKB(wkb), ST_GeomFromEWKB(wkb), wkb::geometry FROM sales.places WHERE id < 3 ORDER BY id;
SELECT wkt::geometry, ST_X(wkt::geometry) FROM sales.places WHERE id < 4 ORDER BY id;
SELECT 'POINT(1 2)'::geometry, 'SRID=4326;POINT(1 2)'::geometry, '{"type":"Point","coordinates":[1,2]}'::geometry;
SELECT '{"type":"Point","coordinates":[1,2],"crs":{"type":"name","properties":{"name":"EPSG:3857"}}}'::geometry;
SELECT 'POINT(1 2)'::geography, 'SRID=4267;POINT(1 2)'::geography, ST_GeogFromText('POINT(3 4)');
SELECT CAST('POINT(1 2)' AS geometry), 'POINT(1 2)'::ext.geometry;
SELECT 'BOX(0 0, 1 1)'::box2d, 'BOX3D(0 0 0, 1 1 1)'::box3d, 'SPHEROID["GRS 1980",6378137,298.257222101]'::spheroid;
SELECT ST_MakeEnvelope(0, 0, 1, 1, 4326), ST_MakeLine(ST_MakePoint(0, 0), ST_MakePoint(1, 1)), ST_TileEnvelope(2, 1, 1);
SELECT ST_MakePolygon(ST_GeomFromText('LINESTRING(0 0, 1 0, 1 1, 0 0)')), ST_MakeLine(ARRAY[ST_MakePoint(0, 0), ST_MakePoint(1, 1)]);
SELECT point(ST_MakePoint(1, 2)), point(1, 2)::geometry, ST_MakePoint(1, 2)::point, polygon(box(point(0, 0), point(1, 1)))::geometry;
SELECT ST_GeomFromGeoJSON('{"type":"Point","coordinates":[1,2]}'::text), ST_PointFromGeoHash('u33db2'), ST_LineFromEncodedPolyline('_p~iF~ps|U');
-- Type modifiers
SELECT 'SRID=4326;POINT(1 2)'::geometry(Point, 4326), 'POINT(1 2)'::geometry(Point), 'POINT Z (1 2 3)'::geometry(PointZ);
SELECT ST_SetSRID(ST_MakePoint(1, 2), 4326)::geometry(Point, 4326), 'POINT(1 2)'::geography(Point, 4326), 'POINT(1 2)'::geography(point);
SELECT CAST('SRID=4326;POINT(1 2)' AS ext.geometry(GEOMETRY, 4326)), ARRAY['POINT(1 2)', 'POINT(3 4)']::geometry(Point)[];
SELECT NULL::geometry(Polygon, 4326), spot::geometry(Point, 4326), spot::geometry FROM sales.places ORDER BY id;
-- Accessors and measures
SELECT id, ST_X(spot), ST_Y(spot), ST_SRID(area), ST_GeometryType(shape), GeometryType(shape), ST_NPoints(shape) FROM sales.places ORDER BY id;
SELECT id, ST_Area(shape), ST_Length(shape), ST_Perimeter(shape), ST_Dimension(shape), ST_IsEmpty(shape) FROM sales.places ORDER BY id;
SELECT id, ST_IsValid(shape), ST_IsValidReason(shape), ST_IsSimple(shape), ST_IsClosed(shape), ST_Summary(shape) FROM sales.places ORDER BY id;
SELECT id, ST_StartPoint(shape), ST_EndPoint(shape), ST_PointN(shape, 2), ST_NumPoints(shape), ST_ExteriorRing(area) FROM sales.places ORDER BY id;
SELECT id, ST_XMin(shape), ST_YMax(shape), ST_XMax(bounds), ST_ZMax(solid), box2d(shape), box3d(shape) FROM sales.places ORDER BY id;
SELECT id, ST_Distance(spot, 'SRID=4326;POINT(0 0)'), ST_Distance(spot, ST_SetSRID(ST_MakePoint(0, 0), 4326)) FROM sales.places ORDER BY id;
SELECT p.id, q.id, ST_Distance(p.spot, q.spot) FROM sales.places AS p JOIN sales.places AS q ON p.id < q.id ORDER BY 1, 2;
SELECT ST_Azimuth(ST_MakePoint(0, 0), ST_MakePoint(1, 1)), ST_Angle(ST_MakePoint(0, 0), ST_MakePoint(1, 1), ST_MakePoint(0, 0), ST_MakePoint(1, 0));
SELECT id, ST_DistanceSpheroid(spot, ST_SetSRID(ST_MakePoint(0, 0), 4326), 'SPHEROID["GRS 1980",6378137,298.257222101]') FROM sales.places ORDER BY id;
SELECT ST_DistanceSphere(spot, spot, 6371000) FROM sales.places ORDER BY id;
SELECT id, ST_HausdorffDistance(shape, 'POINT(0 0)'), ST_FrechetDistance(shape, shape), ST_MaximumInscribedCircle(area) FROM sales.places WHERE id < 3 ORDER BY id;
-- Relations
SELECT id FROM sales.places WHERE ST_Contains(area, spot) ORDER BY 1;
SELECT id FROM sales.places WHERE ST_Within(spot, area) AND ST_Covers(area, spot) ORDER BY 1;
SELECT id FROM sales.places WHERE ST_DWithin(spot, ST_SetSRID(ST_MakePoint(13, 52), 4326), 2) ORDER BY 1;
SELECT id FROM sales.places WHERE ST_Intersects(area, ST_MakeEnvelope(2.5, 48, 3, 49, 4326)) ORDER BY 1;
SELECT p.id, q.id, ST_Touches(p.area, q.area), ST_Overlaps(p.area, q.area), ST_Disjoint(p.area, q.area), ST_Relate(p.area, q.area) FROM sales.places AS p JOIN sales.places AS q ON p.id < q.id ORDER BY 1, 2;
SELECT id, ST_Equals(shape, shape), ST_Crosses(shape, 'LINESTRING(-1 5, 20 5)'), ST_OrderingEquals(shape, shape) FROM sales.places WHERE id = 1;
-- Processing
SELECT id, ST_AsText(ST_Buffer(shape, 1), 2), ST_AsText(ST_Centroid(shape)), ST_AsText(ST_Envelope(shape)) FROM sales.places ORDER BY id;
SELECT id, ST_AsText(ST_Simplify(shape, 1)), ST_AsText(ST_ConvexHull(shape)), ST_AsText(ST_Reverse(shape)), ST_AsText(ST_PointOnSurface(shape)) FROM sales.places ORDER BY id;
SELECT ST_AsText(ST_Intersection(area, ST_MakeEnvelope(13.5, 52, 20, 60, 4326))), ST_AsText(ST_Difference(area, ST_MakeEnvelope(13.5, 52, 20, 60, 4326))) FROM sales.places WHERE id = 1;
SELECT ST_AsText(ST_Union(p.area, q.area)) FROM sales.places AS p JOIN sales.places AS q ON p.id < q.id AND p.area IS NOT NULL AND q.area IS NOT NULL;
SELECT ST_AsText(ST_Transform(spot, 3857), 0), ST_SRID(ST_Transform(area, 25833)) FROM sales.places ORDER BY id;
SELECT ST_AsText(ST_LineInterpolatePoint(shape, 0.5)), ST_LineLocatePoint(shape, 'POINT(5 0)'), ST_AsText(ST_LineSubstring(shape, 0, 0.5)) FROM sales.places WHERE id = 1;
SELECT ST_AsText(ST_Expand(shape, 1)), ST_Expand(bounds, 2), ST_AsText(ST_FlipCoordinates(shape)), ST_AsText(ST_Multi(shape)) FROM sales.places WHERE id < 3 ORDER BY id;
SELECT ST_AsText(ST_MakeValid('POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))'::geometry)), ST_AsText(ST_Force2D('POINT Z (1 2 3)'::geometry));
SELECT ST_AsText(ST_ClosestPoint(shape, 'POINT(3 3)')), ST_AsText(ST_ShortestLine(shape, 'POINT(3 3)')) FROM sales.places WHERE id < 4 ORDER BY id;
SELECT ST_AsText(ST_Affine(shape, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5, 6, 0)), ST_AsText(ST_Scale(shape, ST_MakePoint(2, 2))) FROM sales.places ORDER BY id;
-- Geographies
SELECT id, ST_Distance(earth, 'POINT(0 0)'::geography), ST_Distance(earth, earth, false), ST_Area(area::geography) FROM sales.places ORDER BY id;
SELECT p.id, q.id, round(ST_Distance(p.earth, q.earth)) FROM sales.places AS p JOIN sales.places AS q ON p.id < q.id ORDER BY 1, 2;
SELECT id FROM sales.places WHERE ST_DWithin(earth, 'POINT(13 52)'::geography, 100000) ORDER BY 1;
SELECT id, ST_Length(anywhere), ST_Perimeter(anywhere), ST_AsText(ST_Project(earth, 1000, 0.5)), ST_Azimuth(earth, 'POINT(0 0)'::geography) FROM sales.places WHERE id < 4 ORDER BY id;
SELECT id, earth::geometry, spot::geography, ST_Intersects(earth, anywhere), ST_AsText(ST_Centroid(anywhere)) FROM sales.places ORDER BY id;
SELECT id FROM sales.places WHERE earth IS NOT NULL ORDER BY earth <-> 'POINT(2 48)'::geography LIMIT 2;
-- Operators
SELECT id FROM sales.places WHERE spot && ST_MakeEnvelope(0, 40, 10, 50, 4326) ORDER BY 1;
SELECT id, shape ~ 'POINT(1 1)', shape @ 'POLYGON((-1 -1, 20 -1, 20 20, -1 20, -1 -1))', shape ~= shape FROM sales.places ORDER BY 1;
SELECT id FROM sales.places WHERE spot IS NOT NULL ORDER BY spot <-> 'SRID=4326;POINT(0 50)' LIMIT 2;
SELECT id, shape << 'POINT(100 0)', shape >> 'POINT(-100 0)', shape &< 'POINT(5 5)', shape |>> 'POINT(0 -5)', shape <<| 'POINT(0 50)' FROM sales.places ORDER BY 1;
SELECT id, shape <#> 'POINT(50 50)', shape &&& 'POINT(1 1)' FROM sales.places ORDER BY 1;
SELECT id, spot = spot, spot = 'SRID=4326;POINT(13.4 52.5)', area < area, spot <= spot FROM sales.places ORDER BY 1;
SELECT id FROM sales.places WHERE spot IN ('SRID=4326;POINT(13.4 52.5)', 'SRID=4326;POINT(0 0)') ORDER BY 1;
SELECT id, CASE spot WHEN 'SRID=4326;POINT(13.4 52.5)' THEN 'b' ELSE 'other' END, nullif(spot, area), coalesce(spot, area) FROM sales.places ORDER BY 1;
SELECT id, spot IS NOT DISTINCT FROM area, spot IS NULL FROM sales.places ORDER BY 1;
SELECT id, earth && 'POINT(2.35 48.85)'::geography, earth = earth FROM sales.places ORDER BY 1;
SELECT bounds && 'POINT(1 1)'::geometry, bounds::geometry ~= shape FROM sales.places ORDER BY id;
-- PostgreSQL's own operators and functions mean what they meant
SELECT 'a' || name, name = 'Paris', name < 'M', name LIKE 'P%', name ~ 'a', length(name), wkb = '\x00', wkb || '\x01' FROM sales.places ORDER BY id;
SELECT name IN ('Paris', 'x'), name BETWEEN 'A' AND 'M', upper(name), coalesce(name, 'x'), greatest(name, 'M') FROM sales.places ORDER BY id;
SELECT point(1, 2) <-> point(2, 3), box(point(0, 0), point(1, 1)) && box(point(0, 0), point(2, 2)), ARRAY[1, 2] && ARRAY[2], ARRAY['a'] @> ARRAY['a'];
SELECT path('((0,0),(1,1))'), polygon('((0,0),(1,1),(1,0))'), box('(0,0),(1,1)'), circle(point(0, 0), 2);
-- Sets, aggregates, grouping
SELECT ST_AsText(ST_Collect(spot ORDER BY id)), ST_Extent(spot), ST_3DExtent(shape), ST_AsText(ST_MakeLine(spot ORDER BY id)) FROM sales.places;
SELECT ST_AsText(ST_Union(area)), ST_AsText(ST_MemUnion(area)), count(spot), count(DISTINCT area) FROM sales.places;
SELECT array_length(ST_ClusterWithin(spot, 1), 1), ST_AsText(ST_Polygonize(shape)) FROM sales.places WHERE id = 1;
SELECT spot, count(*) FROM sales.places GROUP BY spot ORDER BY spot;
SELECT DISTINCT area FROM sales.places ORDER BY area;
SELECT shape FROM sales.places UNION SELECT ST_MakePoint(9, 9) ORDER BY 1;
SELECT spot FROM sales.places EXCEPT SELECT spot FROM sales.places WHERE id = 1 ORDER BY 1;
SELECT array_agg(spot ORDER BY id), json_agg(spot ORDER BY id) FROM sales.places WHERE id < 4;
SELECT id, rank() OVER (ORDER BY ST_X(spot)), first_value(spot) OVER (ORDER BY id) FROM sales.places WHERE spot IS NOT NULL ORDER BY 1;
SELECT id, (ST_DumpPoints(shape)).path, ST_AsText((ST_DumpPoints(shape)).geom) FROM sales.places ORDER BY 1, 2;
SELECT id, ST_Dump(shape), (ST_Dump(shape)).geom FROM sales.places ORDER BY 1, 2;
SELECT (ST_IsValidDetail('POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))'::geometry, 0)).reason;
SELECT r.radius FROM ST_MinimumBoundingRadius('LINESTRING(0 0, 2 0)'::geometry) AS r;
WITH near AS (SELECT id, spot FROM sales.places WHERE ST_Y(spot) > 46) SELECT id, ST_AsText(spot) FROM near ORDER BY id;
SELECT g.x, ST_X(g.x) FROM (VALUES ('POINT(1 2)'::geometry), ('POINT(3 4)')) AS g(x) ORDER BY 2;
SELECT ST_AsText(at), ST_X(at), at = made FROM sales.sites ORDER BY id;
