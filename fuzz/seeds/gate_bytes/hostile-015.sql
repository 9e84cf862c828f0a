WITH ssn AS (SELECT 1 AS ssn) SELECT ssn FROM ssn
