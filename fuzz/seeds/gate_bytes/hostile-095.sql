SELECT "t1"."id", "c1" FROM (SELECT 1 AS "c1") AS "t1"("id")
