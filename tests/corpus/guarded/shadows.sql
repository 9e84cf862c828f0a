-- Beside the guarded world: operators and functions that PostgreSQL prefers to its own, since their types fit better, in
-- schemas that the role can read and that the policy has on its path. None of them may ever run. PostgreSQL counts the
-- calls itself: of SECURITY DEFINER functions each one, also where an operator is called for IN. What they return depends on a
-- hidden row.
CREATE SCHEMA shadow;
CREATE FUNCTION shadow.loyalties(sales.loyalty, sales.loyalty) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT n % 2 = 0 FROM sales.secret WHERE id = 1); END $$;
CREATE FUNCTION shadow.integer_numeric(integer, numeric) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT n % 2 = 0 FROM sales.secret WHERE id = 2); END $$;
CREATE FUNCTION shadow.numeric_integer(numeric, integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT n % 2 = 0 FROM sales.secret WHERE id = 3); END $$;
CREATE FUNCTION shadow.varchars(varchar, varchar) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT n % 2 = 0 FROM sales.secret WHERE id = 4); END $$;
CREATE FUNCTION shadow.text_integer(text, integer) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT s FROM sales.secret WHERE id = 5); END $$;
CREATE FUNCTION shadow.product(numeric, integer) RETURNS numeric LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT n FROM sales.secret WHERE id = 1); END $$;
CREATE OPERATOR sales.= (LEFTARG = sales.loyalty, RIGHTARG = sales.loyalty, FUNCTION = shadow.loyalties);
CREATE OPERATOR sales.<> (LEFTARG = sales.loyalty, RIGHTARG = sales.loyalty, FUNCTION = shadow.loyalties);
CREATE OPERATOR sales.= (LEFTARG = integer, RIGHTARG = numeric, FUNCTION = shadow.integer_numeric);
CREATE OPERATOR sales.< (LEFTARG = integer, RIGHTARG = numeric, FUNCTION = shadow.integer_numeric);
CREATE OPERATOR scratch.> (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = shadow.numeric_integer);
CREATE OPERATOR scratch.* (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = shadow.product);
CREATE OPERATOR scratch.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = shadow.varchars);
CREATE OPERATOR scratch.~~ (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = shadow.varchars);
CREATE OPERATOR sales.|| (LEFTARG = text, RIGHTARG = integer, FUNCTION = shadow.text_integer);
CREATE FUNCTION scratch.upper(varchar) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT s FROM sales.secret WHERE id = 1); END $$;
CREATE FUNCTION scratch.round(integer) RETURNS numeric LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT n FROM sales.secret WHERE id = 2); END $$;
CREATE FUNCTION scratch.to_char(date, text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT s FROM sales.secret WHERE id = 3); END $$;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET track_functions = ''all''', current_database()); END $$;
