//! What the catalog's load asks. Every statement takes no parameters and runs on PostgreSQL 12 to 18; where a column of
//! a system catalog came later, there is a constant for each. None of them locks a relation of the user's, so that a
//! long ALTER TABLE elsewhere doesn't hold up a load: that is why `pg_get_expr` is given no relation.
//!
//! Objects whose OID is 16384 or more were made by users (`FirstNormalObjectId`).

use super::{OwnStatement, stamp};

/// Schema `n` is not PostgreSQL's own and not temporary. `pg_` is a prefix that PostgreSQL keeps for itself.
macro_rules! user_schema {
    () => {
        "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
    };
}

/// Relations `c` in schemas `n` that a statement could name.
macro_rules! from_user_relations {
    () => {
        concat!(
            " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
                ON n.oid = c.relnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ",
            user_schema!()
        )
    };
}

/// The extension's name, as `x.extname`, of the object `$object` in the catalog `$class`.
macro_rules! join_extension {
    ($class:literal, $object:literal) => {
        concat!(
            " LEFT JOIN (pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x \
                ON d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND x.oid = d.refobjid) \
              ON d.classid = '",
            $class,
            "'::regclass AND d.objsubid = 0 AND d.objid = ",
            $object
        )
    };
}

/// A snapshot for the whole load.
pub(crate) const BEGIN: OwnStatement = OwnStatement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

/// Ends the load.
pub(crate) const COMMIT: OwnStatement = OwnStatement("COMMIT");

/// Ends a load that failed.
pub(crate) const ROLLBACK: OwnStatement = OwnStatement("ROLLBACK");

/// Version number, version, database, schemas, built-in collations: one row.
pub(crate) const SERVER: OwnStatement = OwnStatement(concat!(
    "SELECT pg_catalog.current_setting('server_version_num')::int4, pg_catalog.version(), \
        pg_catalog.current_database()::text, \
        ARRAY(SELECT n.nspname::text FROM pg_catalog.pg_namespace n WHERE ",
    user_schema!(),
    " ORDER BY n.nspname), \
        ARRAY(SELECT DISTINCT l.collname::text FROM pg_catalog.pg_collation l \
              WHERE l.oid < 16384 AND l.collnamespace = 'pg_catalog'::regnamespace AND l.collencoding IN \
                (-1, pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding())) ORDER BY 1)"
));

/// Relations: OID, schema, name, kind, row security, pages, rows, has rules, triggers, parents, children, comment,
/// stamp, stamps of its indexes, of its primary key and of a foreign table's source. A trigger is internal if it
/// enforces a constraint; PostgreSQL 12 to 14 also call one so that a partition has from its parent.
pub(crate) const RELATIONS: OwnStatement = OwnStatement(concat!(
    "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind, c.relrowsecurity, c.relpages, c.reltuples, \
        c.relhasrules AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r \
            WHERE r.ev_class = c.oid AND r.ev_type <> '1' AND r.ev_enabled <> 'D'), \
        CASE WHEN c.relhastriggers THEN ARRAY(SELECT g.tgname::text FROM pg_catalog.pg_trigger g \
            WHERE g.tgrelid = c.oid AND g.tgenabled IN ('O', 'A') \
              AND NOT (g.tgisinternal AND g.tgconstraint <> 0 AND g.tgfoid < 16384) ORDER BY g.tgname) \
          ELSE '{}'::text[] END, \
        ARRAY(SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno), \
        CASE WHEN c.relhassubclass THEN ARRAY(SELECT i.inhrelid FROM pg_catalog.pg_inherits i \
            JOIN pg_catalog.pg_class k ON k.oid = i.inhrelid AND k.relpersistence <> 't' \
            WHERE i.inhparent = c.oid ORDER BY i.inhrelid) ELSE '{}'::oid[] END, \
        e.description, ",
    stamp::relation!(),
    ", ",
    stamp::indexes!(),
    ", ",
    stamp::key!(),
    ", CASE WHEN c.relkind = 'f' THEN ",
    stamp::source!(),
    " END",
    from_user_relations!(),
    " LEFT JOIN pg_catalog.pg_description e \
        ON e.classoid = 'pg_catalog.pg_class'::regclass AND e.objoid = c.oid AND e.objsubid = 0 \
      ORDER BY c.oid"
));

/// Columns in order of relation and number: relation, number, name, type, modifier, type for people, collation, schema
/// and name of a collation that isn't the type's own, NOT NULL, default for people, generated, identity, comment.
pub(crate) const COLUMNS: OwnStatement = OwnStatement(concat!(
    "SELECT a.attrelid, a.attnum, a.attname::text, a.atttypid, a.atttypmod, \
        pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation, ln.nspname::text, l.collname::text, \
        a.attnotnull, CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(b.adbin, 0) END, \
        a.attgenerated <> '', a.attidentity <> '', e.description",
    from_user_relations!(),
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
      LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
      LEFT JOIN (pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace) \
        ON l.oid = a.attcollation AND a.attcollation IS DISTINCT FROM t.typcollation \
      LEFT JOIN pg_catalog.pg_attrdef b ON b.adrelid = a.attrelid AND b.adnum = a.attnum \
      LEFT JOIN pg_catalog.pg_description e \
        ON e.classoid = 'pg_catalog.pg_class'::regclass AND e.objoid = c.oid AND e.objsubid = a.attnum \
      ORDER BY a.attrelid, a.attnum"
));

/// Unique indexes without predicate or expression: relation, name, is the primary key, columns, how many of them are
/// key columns, is deferrable. Those of a primary key or constraint have its name.
pub(crate) const UNIQUE_INDEXES: OwnStatement = OwnStatement(
    "SELECT i.indrelid, k.relname::text, i.indisprimary, i.indkey::int2[], i.indnkeyatts, NOT i.indimmediate \
     FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class k ON k.oid = i.indexrelid \
     WHERE i.indrelid >= 16384 AND i.indisunique AND i.indisvalid AND i.indisready AND i.indislive \
       AND i.indpred IS NULL AND i.indexprs IS NULL AND (i.indisprimary OR NOT i.indisexclusion) \
     ORDER BY i.indrelid, k.relname",
);

/// Foreign keys: relation, name, columns, target, target's columns, actions on update and on delete.
pub(crate) const FOREIGN_KEYS: OwnStatement = OwnStatement(
    "SELECT k.conrelid, k.conname::text, k.conkey, k.confrelid, k.confkey, \
        k.confupdtype, k.confdeltype \
     FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' ORDER BY k.conrelid, k.conname, k.oid",
);

/// Types: OID, schema, name, `typtype`, element if it is an array, relation, that relation's kind, domain's base,
/// domain's NOT NULL, array, enum's labels, range's subtype, extension, stamp; and in `$range` a multirange's range.
/// An array is what some type names as its array: `point` and `int2vector` have elements, too, but are none.
macro_rules! types {
    ($range:literal, $join:literal) => {
        concat!(
            "SELECT t.oid, n.nspname::text, t.typname::text, t.typtype, el.oid, t.typrelid, r.relkind, t.typbasetype, \
                t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k \
                    WHERE t.typtype = 'd' AND k.contypid = t.oid AND k.contype = 'c'), \
                t.typarray, CASE WHEN t.typtype = 'e' THEN ARRAY(SELECT l.enumlabel::text \
                    FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder) END, \
                g.rngsubtype, x.extname::text, CASE WHEN t.oid >= 16384 THEN ",
            stamp::type_!(),
            " END, ",
            $range,
            " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
              LEFT JOIN pg_catalog.pg_type el ON el.oid = t.typelem AND el.typarray = t.oid \
              LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid \
              LEFT JOIN pg_catalog.pg_range g ON g.rngtypid = t.oid",
            $join,
            join_extension!("pg_catalog.pg_type", "t.oid"),
            " WHERE n.nspname !~ '^pg_(toast|temp)' ORDER BY t.oid"
        )
    };
}

/// Types of PostgreSQL 12 and 13.
pub(crate) const TYPES_12: OwnStatement = OwnStatement(types!("NULL::oid", ""));

/// Types from PostgreSQL 14 on, which has multiranges.
pub(crate) const TYPES_14: OwnStatement =
    OwnStatement(types!("m.rngtypid", " LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid"));

/// Fields of free-standing composite types in order: composite's relation, name, type.
pub(crate) const FIELDS: OwnStatement = OwnStatement(
    "SELECT a.attrelid, a.attname::text, a.atttypid \
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
     WHERE c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum",
);

/// Functions: OID, schema, name, argument types, these as text, defaults, variadic, kind, ordered-set, result type,
/// returns a set, all arguments' types, modes and names where some are not input, extension, stamp; of an extension's
/// functions with their caller's rights and settings the library if they are in C (language 13), the symbol if they are
/// the server's own (12), and what an aggregate is made of.
pub(crate) const FUNCTIONS: OwnStatement = OwnStatement(concat!(
    "SELECT p.oid, n.nspname::text, p.proname::text, p.proargtypes::oid[], \
        pg_catalog.oidvectortypes(p.proargtypes), p.pronargdefaults, p.provariadic <> 0, p.prokind, \
        COALESCE(g.aggkind <> 'n', false), p.prorettype, p.proretset, p.proallargtypes, p.proargmodes, \
        CASE WHEN p.proallargtypes IS NOT NULL OR p.oid < 16384 THEN p.proargnames END, x.extname::text, \
        CASE WHEN p.oid >= 16384 THEN ",
    stamp::function!(),
    " END, \
        CASE WHEN x.oid IS NOT NULL AND p.prolang = 13 AND NOT p.prosecdef AND p.proconfig IS NULL \
          THEN p.probin::text END, \
        CASE WHEN x.oid IS NOT NULL AND p.prolang = 12 AND NOT p.prosecdef AND p.proconfig IS NULL \
          AND g.aggfnoid IS NULL THEN p.prosrc END, \
        CASE WHEN x.oid IS NOT NULL AND g.aggfnoid IS NOT NULL THEN ARRAY[g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, \
          g.aggdeserialfn, g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn]::oid[] END \
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
        LEFT JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = p.oid",
    join_extension!("pg_catalog.pg_proc", "p.oid"),
    " WHERE n.nspname !~ '^pg_(toast|temp)' ORDER BY p.oid"
));

/// Operators: OID, schema, symbol, left and right type, function, extension.
pub(crate) const OPERATORS: OwnStatement = OwnStatement(concat!(
    "SELECT o.oid, n.nspname::text, o.oprname::text, o.oprleft, o.oprright, o.oprcode::oid, x.extname::text \
     FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace",
    join_extension!("pg_catalog.pg_operator", "o.oid"),
    " WHERE n.nspname !~ '^pg_(toast|temp)' ORDER BY o.oid"
));

/// Casts that initdb did not make: OID, source, target, only explicit, extension, function, implicit.
pub(crate) const USER_CASTS: OwnStatement = OwnStatement(concat!(
    "SELECT k.oid, k.castsource, k.casttarget, k.castcontext = 'e', x.extname::text, k.castfunc, \
        k.castcontext = 'i' FROM pg_catalog.pg_cast k",
    join_extension!("pg_catalog.pg_cast", "k.oid"),
    " WHERE k.oid >= 16384 ORDER BY k.oid"
));

/// Default operator classes for btree (403) and hash (405) that initdb did not make: OID, type, extension.
pub(crate) const USER_OPCLASSES: OwnStatement = OwnStatement(concat!(
    "SELECT k.oid, k.opcintype, x.extname::text FROM pg_catalog.pg_opclass k",
    join_extension!("pg_catalog.pg_opclass", "k.oid"),
    " WHERE k.oid >= 16384 AND k.opcdefault AND k.opcmethod IN (403, 405) ORDER BY k.oid"
));

/// Extensions: OID, name, schema, who may create in the schema beside its owner and superusers, its plain tables, who may
/// change its tables' rows beside its owner and superusers, stamp. Without privileges of its own (NULL) a schema or table
/// has only its owner's.
pub(crate) const EXTENSIONS: OwnStatement = OwnStatement(concat!(
    "SELECT x.oid, x.extname::text, n.nspname::text, \
        ARRAY(SELECT DISTINCT COALESCE(r.rolname::text, 'PUBLIC') FROM pg_catalog.aclexplode(n.nspacl) a \
              LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee \
              WHERE a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner AND r.rolsuper IS NOT TRUE ORDER BY 1), \
        ARRAY(SELECT c.relname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid \
              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refobjid = x.oid AND d.deptype = 'e' \
                AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND c.relnamespace = n.oid \
                AND c.relkind = 'r' AND c.relpersistence = 'p' \
                AND NOT (c.relrowsecurity OR c.relhasrules OR c.relhassubclass) ORDER BY 1), \
        ARRAY(SELECT DISTINCT CASE WHEN h.role = 0 THEN 'PUBLIC' ELSE COALESCE(r.rolname::text, h.role::text) END \
              FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid \
              CROSS JOIN LATERAL (\
                SELECT c.relowner \
                UNION ALL SELECT a.grantee FROM pg_catalog.aclexplode(c.relacl) a \
                  WHERE a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') \
                UNION ALL SELECT a.grantee FROM pg_catalog.pg_attribute t \
                  CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) a \
                  WHERE t.attrelid = c.oid AND a.privilege_type IN ('INSERT', 'UPDATE')\
              ) h(role) LEFT JOIN pg_catalog.pg_roles r ON r.oid = h.role \
              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refobjid = x.oid AND d.deptype = 'e' \
                AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND c.relkind IN ('r', 'p', 'f') \
                AND h.role <> x.extowner AND r.rolsuper IS NOT TRUE ORDER BY 1), ",
    stamp::extension!(),
    " FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace ORDER BY x.oid"
));

/// Stored expressions of user's objects as PostgreSQL's own node trees: what it is of (`d` a column's default, `c` a
/// relation's check, `t` a domain's check, `m` a domain's default, `i` an index, `p` a partition key, `v` a view), that
/// object's OID, the column's number for a default, the catalog and OID by which `pg_depend` knows it, the tree.
pub(crate) const EXPRESSIONS: OwnStatement = OwnStatement(
    "SELECT 'd'::\"char\", b.adrelid, b.adnum, 'pg_catalog.pg_attrdef'::regclass::oid, b.oid, b.adbin::text \
     FROM pg_catalog.pg_attrdef b WHERE b.adrelid >= 16384 \
     UNION ALL \
     SELECT CASE WHEN k.contypid <> 0 THEN 't' ELSE 'c' END::\"char\", \
        CASE WHEN k.contypid <> 0 THEN k.contypid ELSE k.conrelid END, 0::int2, \
        'pg_catalog.pg_constraint'::regclass::oid, k.oid, k.conbin::text \
     FROM pg_catalog.pg_constraint k WHERE k.contype = 'c' AND k.oid >= 16384 \
     UNION ALL \
     SELECT 'm'::\"char\", t.oid, 0::int2, 'pg_catalog.pg_type'::regclass::oid, t.oid, t.typdefaultbin::text \
     FROM pg_catalog.pg_type t \
     WHERE t.typtype = 'd' AND t.typdefaultbin IS NOT NULL AND t.oid >= 16384 \
     UNION ALL \
     SELECT 'i'::\"char\", i.indrelid, 0::int2, 'pg_catalog.pg_class'::regclass::oid, i.indexrelid, \
        pg_catalog.concat(i.indexprs::text, ' ', i.indpred::text) \
     FROM pg_catalog.pg_index i \
     WHERE i.indrelid >= 16384 AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) \
     UNION ALL \
     SELECT 'p'::\"char\", p.partrelid, 0::int2, 'pg_catalog.pg_class'::regclass::oid, p.partrelid, p.partexprs::text \
     FROM pg_catalog.pg_partitioned_table p WHERE p.partexprs IS NOT NULL \
     UNION ALL \
     SELECT 'v'::\"char\", r.ev_class, 0::int2, 'pg_catalog.pg_rewrite'::regclass::oid, r.oid, r.ev_action::text \
     FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class \
     WHERE r.ev_type = '1' AND c.oid >= 16384 AND c.relkind IN ('v', 'm')",
);

/// What stored expressions depend on besides PostgreSQL's own objects, which `pg_depend` doesn't hold: catalog and OID
/// of the dependent, catalog and OID of what it depends on (relations, functions, operators, types).
pub(crate) const DEPENDENCIES: OwnStatement = OwnStatement(
    "SELECT DISTINCT d.classid, d.objid, d.refclassid, d.refobjid FROM pg_catalog.pg_depend d \
     WHERE d.objid >= 16384 AND d.refobjid >= 16384 AND ( \
        d.classid IN ('pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_constraint'::regclass, \
                      'pg_catalog.pg_rewrite'::regclass) \
          AND d.refclassid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass, \
                               'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_type'::regclass) \
        OR d.classid = 'pg_catalog.pg_class'::regclass \
          AND d.refclassid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass))",
);

/// Sequences that belong to a column: sequence, the column's relation.
pub(crate) const OWNED_SEQUENCES: OwnStatement = OwnStatement(
    "SELECT d.objid, d.refobjid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid \
     WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass \
       AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') AND c.relkind = 'S'",
);

/// What looks at several columns or rows when a row is written: relation, what (`c` a check, `g` a generated column, `i`
/// an index with an expression or predicate, `u` a unique one, `x` an exclusion constraint), the generated column, the
/// columns looked at. An index without plain columns
/// depends on its whole table, whether it names the row or not. A column of an index's expression and of a generated one is known by `pg_depend`; before
/// PostgreSQL 15 the generated column itself depends on it, and then its default does.
pub(crate) const TOGETHER: OwnStatement = OwnStatement(
    "SELECT k.conrelid, 'c'::\"char\", 0::int2, k.conkey::int2[] FROM pg_catalog.pg_constraint k \
     WHERE k.contype = 'c' AND k.conrelid >= 16384 AND k.conkey IS NOT NULL \
     UNION ALL \
     SELECT i.indrelid, CASE WHEN i.indisexclusion THEN 'x' WHEN i.indisunique THEN 'u' ELSE 'i' END::\"char\", 0::int2, \
        ARRAY(SELECT n FROM pg_catalog.unnest(i.indkey::int2[]) n WHERE n > 0) \
        || ARRAY(SELECT d.refobjsubid::int2 FROM pg_catalog.pg_depend d \
            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid \
              AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid \
              AND (d.refobjsubid <> 0 \
                   OR pg_catalog.concat(i.indexprs::text, i.indpred::text) LIKE '%:varattno 0 %')) \
     FROM pg_catalog.pg_index i \
     WHERE i.indrelid >= 16384 AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR i.indisexclusion) \
     UNION ALL \
     SELECT a.attrelid, 'g'::\"char\", a.attnum, \
        ARRAY(SELECT d.refobjsubid::int2 FROM pg_catalog.pg_depend d \
            WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid \
              AND d.refobjsubid > 0 AND d.refobjsubid <> a.attnum AND ( \
                d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = b.oid \
                OR d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = a.attrelid AND d.objsubid = a.attnum)) \
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_attrdef b ON b.adrelid = a.attrelid AND b.adnum = a.attnum \
     WHERE a.attrelid >= 16384 AND a.attgenerated <> '' \
     ORDER BY 1, 2, 3, 4",
);

/// How many rows, and a sum over the hashes of their `xmin`s: changes whenever a row is added, changed or removed.
macro_rules! fingerprint {
    ($row:literal, $rest:literal) => {
        concat!(
            "(SELECT pg_catalog.concat(pg_catalog.count(*), ':', pg_catalog.sum(pg_catalog.hashtext(",
            $row,
            ".xmin::text))) FROM pg_catalog.",
            $rest,
            ")"
        )
    };
}

/// Tells in one row of text whether a load could bring anything new, at a fraction of its cost. Row estimates take part
/// by their magnitude, in steps of about a quarter. It doesn't see changes of `pg_depend` alone (whose sequence it is,
/// which extension an object belongs to).
pub(crate) const FINGERPRINT: OwnStatement = OwnStatement(concat!(
    "WITH own AS MATERIALIZED (SELECT c.oid, c.xmin, c.relkind, c.reltuples",
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND ",
    user_schema!(),
    ") SELECT pg_catalog.concat_ws(' ', pg_catalog.current_setting('server_version_num'), \
        (SELECT pg_catalog.concat(pg_catalog.count(*), ':', pg_catalog.sum(pg_catalog.hashtext(c.xmin::text)), ':', \
            pg_catalog.sum(CASE WHEN c.relkind <> 'S' AND c.reltuples > 0 THEN pg_catalog.hashtext( \
                pg_catalog.concat(c.oid, ' ', pg_catalog.floor(pg_catalog.ln(c.reltuples::float8) * 4))) END)) FROM own c), ",
    fingerprint!("n", "pg_namespace n WHERE n.nspname !~ '^pg_(toast_)?temp'"),
    ", ",
    fingerprint!("a", "pg_attribute a JOIN own ON own.oid = a.attrelid"),
    ", ",
    fingerprint!("b", "pg_attrdef b JOIN own ON own.oid = b.adrelid"),
    ", ",
    fingerprint!("i", "pg_index i JOIN own ON own.oid = i.indrelid"),
    ", ",
    fingerprint!("i", "pg_inherits i JOIN own ON own.oid = i.inhrelid"),
    ", ",
    fingerprint!("r", "pg_rewrite r JOIN own ON own.oid = r.ev_class"),
    ", ",
    fingerprint!("g", "pg_trigger g JOIN own ON own.oid = g.tgrelid"),
    ", ",
    fingerprint!(
        "k",
        "pg_constraint k LEFT JOIN own ON own.oid = k.conrelid WHERE own.oid IS NOT NULL OR k.contypid <> 0"
    ),
    ", ",
    fingerprint!("f", "pg_foreign_table f"),
    ", ",
    fingerprint!("s", "pg_foreign_server s"),
    ", ",
    fingerprint!("w", "pg_foreign_data_wrapper w"),
    ", ",
    fingerprint!("e", "pg_description e JOIN own ON own.oid = e.objoid"),
    ", ",
    fingerprint!(
        "t",
        "pg_type t LEFT JOIN own ON own.oid = t.typrelid \
                       WHERE t.oid >= 16384 AND (own.oid IS NOT NULL OR t.typrelid = 0 AND t.typelem = 0)"
    ),
    ", ",
    fingerprint!("e", "pg_enum e"),
    ", ",
    fingerprint!("p", "pg_proc p WHERE p.oid >= 16384"),
    ", ",
    fingerprint!("o", "pg_operator o WHERE o.oid >= 16384"),
    ", ",
    fingerprint!("k", "pg_cast k WHERE k.oid >= 16384"),
    ", ",
    fingerprint!("k", "pg_opclass k WHERE k.oid >= 16384"),
    ", ",
    fingerprint!("x", "pg_extension x"),
    ")"
));
