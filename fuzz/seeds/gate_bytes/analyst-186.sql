SELECT "name", "credit_limit" AS "Limit!" FROM "sales"."customers" ORDER BY "id" LIMIT 1
