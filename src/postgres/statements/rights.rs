//! What roles may do, for `pgwicket policy grants` and `pgwicket doctor`. None of these statements runs beside a
//! principal's. They run on PostgreSQL 12 to 18; `$1` is the name of a role that exists.

use super::OwnStatement;

/// Functions that PUBLIC may not execute.
pub(crate) const CLOSED_FUNCTIONS: OwnStatement = OwnStatement(
    "SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.proacl IS NOT NULL \
        AND NOT pg_catalog.has_function_privilege('public'::name, p.oid, 'EXECUTE') ORDER BY p.oid",
);

/// The role and those that it is a member of: name, is the role itself, is PostgreSQL's own, superuser, bypasses row-level
/// security, may create roles, databases, replicate. Of a superuser, who is a member of every role, it alone.
pub(crate) const ROLES: OwnStatement = OwnStatement(
    "SELECT r.rolname::text, r.rolname = $1::text::name, r.oid < 16384 AND r.rolname ~ '^pg_', r.rolsuper, r.rolbypassrls, \
        r.rolcreaterole, r.rolcreatedb, r.rolreplication, \
        ARRAY(SELECT d.rolname::text FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles d ON d.oid = m.roleid \
            JOIN pg_catalog.pg_roles o ON o.oid = m.member \
            WHERE o.rolname = $1::text::name AND NOT d.rolsuper AND pg_catalog.pg_has_role(d.oid, r.oid, 'MEMBER') \
            OR o.rolname = $1::text::name AND d.oid = r.oid ORDER BY 1) \
     FROM pg_catalog.pg_roles r, (SELECT s.rolsuper FROM pg_catalog.pg_roles s WHERE s.rolname = $1::text::name) w \
     WHERE r.rolname = $1::text::name OR NOT w.rolsuper AND pg_catalog.pg_has_role($1::text::name, r.oid, 'MEMBER') \
     ORDER BY r.rolname",
);

/// The database and schemas that aren't PostgreSQL's own: schema or NULL for the database, owned by the role, may create,
/// may use (of the database: make temporary tables).
pub(crate) const SCHEMAS: OwnStatement = OwnStatement(
    "SELECT NULL::text, pg_catalog.pg_has_role($1::text::name, d.datdba, 'USAGE'), \
        pg_catalog.has_database_privilege($1::text::name, d.oid, 'CREATE'), \
        pg_catalog.has_database_privilege($1::text::name, d.oid, 'TEMPORARY') \
     FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database() \
     UNION ALL (SELECT n.nspname::text, pg_catalog.pg_has_role($1::text::name, n.nspowner, 'USAGE'), \
        pg_catalog.has_schema_privilege($1::text::name, n.oid, 'CREATE'), \
        pg_catalog.has_schema_privilege($1::text::name, n.oid, 'USAGE') \
     FROM pg_catalog.pg_namespace n WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY n.nspname)",
);

/// Relations: OID, quoted name, owned by the role, row-level security on, forced on the owner, some policy of it is for the
/// role; may delete, truncate, refer to, make triggers; numbers of the columns that it may select, insert, update; may use
/// or set the sequence; PUBLIC may do something.
pub(crate) const RELATIONS: OwnStatement = OwnStatement(
    "SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), \
        pg_catalog.pg_has_role($1::text::name, c.relowner, 'USAGE'), c.relrowsecurity, c.relforcerowsecurity, \
        EXISTS (SELECT FROM pg_catalog.pg_policy y, unnest(y.polroles) AS r(role) WHERE y.polrelid = c.oid AND y.polpermissive \
            AND (r.role = 0 OR pg_catalog.pg_has_role($1::text::name, r.role, 'USAGE'))), \
        pg_catalog.has_table_privilege($1::text::name, c.oid, 'DELETE'), \
        pg_catalog.has_table_privilege($1::text::name, c.oid, 'TRUNCATE'), \
        pg_catalog.has_any_column_privilege($1::text::name, c.oid, 'REFERENCES'), \
        pg_catalog.has_table_privilege($1::text::name, c.oid, 'TRIGGER'), \
        ARRAY(SELECT a.attnum FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
            AND pg_catalog.has_column_privilege($1::text::name, c.oid, a.attnum, 'SELECT')), \
        ARRAY(SELECT a.attnum FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
            AND c.relkind <> 'S' AND pg_catalog.has_column_privilege($1::text::name, c.oid, a.attnum, 'INSERT')), \
        ARRAY(SELECT a.attnum FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
            AND c.relkind <> 'S' AND pg_catalog.has_column_privilege($1::text::name, c.oid, a.attnum, 'UPDATE')), \
        c.relkind = 'S' AND pg_catalog.has_sequence_privilege($1::text::name, c.oid, 'USAGE'), \
        c.relkind = 'S' AND pg_catalog.has_sequence_privilege($1::text::name, c.oid, 'UPDATE'), \
        pg_catalog.has_table_privilege('public'::name, c.oid, 'DELETE, TRUNCATE, TRIGGER') \
          OR pg_catalog.has_any_column_privilege('public'::name, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
     ORDER BY n.nspname, c.relname",
);

/// Relations of which the role itself has something, not through another role: quoted schema, quoted name, owns it.
pub(crate) const OWN_GRANTS: OwnStatement = OwnStatement(
    "SELECT pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(c.relname), c.relowner = w.oid \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        JOIN pg_catalog.pg_roles w ON w.rolname = $1::text::name \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
       AND (c.relowner = w.oid \
         OR EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) x WHERE x.grantee = w.oid) \
         OR EXISTS (SELECT FROM pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) x \
                    WHERE a.attrelid = c.oid AND x.grantee = w.oid)) \
     ORDER BY 1, 2",
);

/// Users' functions, and of PostgreSQL's own those that initdb closes to PUBLIC and the role may execute, and those that
/// the role may not: OID, quoted
/// signature, quoted schema, PostgreSQL's own, language, anyone may write in it, with its owner's rights, has a
/// `search_path` or a body that needs none, may execute, extension, PUBLIC may execute.
pub(crate) const FUNCTIONS: OwnStatement = OwnStatement(
    "SELECT p.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) || '(' \
            || pg_catalog.oidvectortypes(p.proargtypes) || ')', \
        pg_catalog.quote_ident(n.nspname), p.oid < 16384, l.lanname::text, l.lanpltrusted, p.prosecdef, \
        EXISTS (SELECT FROM unnest(p.proconfig) AS s(setting) WHERE s.setting ~ '^search_path=') \
          OR (pg_catalog.to_jsonb(p) ->> 'prosqlbody') IS NOT NULL, \
        pg_catalog.has_function_privilege($1::text::name, p.oid, 'EXECUTE'), \
        (SELECT x.extname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid \
          WHERE d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass \
            AND d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid), \
        pg_catalog.has_function_privilege('public'::name, p.oid, 'EXECUTE') \
     FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
        JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
     WHERE (p.oid < 16384 AND p.proacl IS NOT NULL \
            AND NOT pg_catalog.has_function_privilege($1::text::name, p.oid, 'EXECUTE')) \
        OR (p.oid >= 16384 AND n.nspname !~ '^pg_(toast|temp)') \
        OR (p.oid < 16384 AND pg_catalog.has_function_privilege($1::text::name, p.oid, 'EXECUTE') \
            AND EXISTS (SELECT FROM pg_catalog.pg_init_privs i WHERE i.classoid = 'pg_catalog.pg_proc'::regclass \
                AND i.objoid = p.oid AND i.privtype = 'i' \
                AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(i.initprivs) x WHERE x.grantee = 0))) \
     ORDER BY 2",
);

/// Triggers that users made and that fire: relation, function.
pub(crate) const TRIGGERS: OwnStatement = OwnStatement(
    "SELECT g.tgrelid, g.tgfoid FROM pg_catalog.pg_trigger g \
     WHERE g.tgenabled IN ('O', 'A') AND NOT g.tgisinternal ORDER BY g.tgrelid, g.tgname",
);
