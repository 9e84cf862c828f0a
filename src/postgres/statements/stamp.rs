//! Stamps: what PostgreSQL computes of a relation, a function or a type, so that equal stamps mean that nothing changed
//! which the gate relied on. One text for each, used by the catalog's load and by the verification, so that the two
//! can't drift apart.
//!
//! A stamp is a hash over OIDs, names and the `xmin`s of the rows that make the object. Why `xmin`s are enough: a row
//! that a load saw was committed by then, so whatever is written later carries another transaction's number. Equally
//! many rows with the same `xmin`s are therefore the same rows. ANALYZE, VACUUM and CREATE INDEX update `pg_class` in
//! place and keep its `xmin`; VACUUM FULL, CLUSTER, TRUNCATE and GRANT don't, which costs one needless reload.

/// The stamp of relation `c` (`pg_class`) in schema `n` (`pg_namespace`): its name, schema, kind, row security,
/// columns, rules, triggers (so also foreign keys in both directions), parents and children.
macro_rules! relation {
    () => {
        "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', \
            c.oid, c.xmin, c.relkind, c.relname, n.oid, n.xmin, n.nspname, \
            ARRAY(SELECT a.xmin FROM pg_catalog.pg_attribute a \
                  WHERE a.attrelid = c.oid AND a.attnum > 0::int2 ORDER BY a.attnum), \
            CASE WHEN c.relhasrules THEN ARRAY(\
                SELECT r.xmin FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid ORDER BY r.rulename) END, \
            CASE WHEN c.relhastriggers THEN ARRAY(\
                SELECT g.xmin FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid ORDER BY g.tgname) END, \
            ARRAY(SELECT i.xmin FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno), \
            CASE WHEN c.relhassubclass THEN ARRAY(\
                SELECT i.xmin FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid ORDER BY i.inhrelid) END\
        ), 0)::text"
    };
}

/// The stamp of what the indexes of relation `c` (`pg_class`) work out when a row is written: expressions,
/// predicates and exclusion constraints.
/// A new index leaves the relation's own stamp as it was, and no read needs this one.
macro_rules! indexes {
    () => {
        "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', c.oid, \
            CASE WHEN c.relhasindex THEN ARRAY(\
                SELECT i.xmin FROM pg_catalog.pg_index i \
                WHERE i.indrelid = c.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR i.indisexclusion) \
                ORDER BY i.indexrelid) END\
        ), 0)::text"
    };
}

/// The stamp of the primary key of relation `c` (`pg_class`). Dropping a key leaves the relation's own stamp as it was, and
/// few statements need this one.
macro_rules! key {
    () => {
        "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', c.oid, \
            CASE WHEN c.relhasindex THEN ARRAY(\
                SELECT k.xmin FROM pg_catalog.pg_constraint k \
                WHERE k.conrelid = c.oid AND k.contype = 'p') END\
        ), 0)::text"
    };
}

/// The stamp of where the rows of the foreign table `c` (`pg_class`) come from: its options, its server and that one's
/// wrapper. Changing them leaves the relation's own stamp as it was. Whom a user is on the other side is not in it, since
/// only superusers may read that.
macro_rules! source {
    () => {
        "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', c.oid, \
            CASE WHEN c.relkind = 'f' THEN ARRAY(\
                SELECT pg_catalog.concat_ws(' ', f.xmin, s.oid, s.xmin, w.oid, w.xmin) \
                FROM pg_catalog.pg_foreign_table f JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver \
                JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE f.ftrelid = c.oid) END\
        ), 0)::text"
    };
}

/// The stamp of function `p` (`pg_proc`) in schema `n` (`pg_namespace`): itself, and every overload of its name there,
/// since a new one could be the better match for a call.
macro_rules! function {
    () => {
        "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', \
            p.oid, p.xmin, p.proname, n.oid, n.xmin, n.nspname, \
            ARRAY(SELECT o.xmin FROM pg_catalog.pg_proc o \
                  WHERE o.proname = p.proname AND o.pronamespace = p.pronamespace ORDER BY o.oid)\
        ), 0)::text"
    };
}

/// The stamp of type `t` (`pg_type`) in schema `n` (`pg_namespace`): its name, and a domain's constraints, an enum's
/// labels, a composite's fields and the casts that users attached to it. PostgreSQL ignores casts of a domain
/// (`CREATE CAST` says so), and finding them costs a scan of `pg_cast`.
macro_rules! type_ {
    () => {
        "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', \
            t.oid, t.xmin, t.typname, n.oid, n.xmin, n.nspname, \
            CASE WHEN t.typtype = 'd' THEN ARRAY(\
                SELECT k.xmin FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid ORDER BY k.oid) END, \
            CASE WHEN t.typtype = 'e' THEN ARRAY(\
                SELECT e.xmin FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.oid) END, \
            CASE WHEN t.typrelid <> 0::oid THEN ARRAY(\
                SELECT a.xmin FROM pg_catalog.pg_attribute a \
                WHERE a.attrelid = t.typrelid AND a.attnum > 0::int2 ORDER BY a.attnum) END, \
            CASE WHEN t.typtype <> 'd' THEN ARRAY(\
                SELECT k.xmin FROM pg_catalog.pg_cast k \
                WHERE k.oid >= 16384::oid AND (k.castsource = t.oid OR k.casttarget = t.oid) ORDER BY k.oid) END\
        ), 0)::text"
    };
}

/// The stamp of extension `x` (`pg_extension`) in schema `n` (`pg_namespace`): itself, its schema with owner and
/// privileges, its members, the functions and tables among them with their privileges, and every operator in the schema.
macro_rules! extension {
    () => {
        "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', \
            x.oid, x.xmin, x.extname, n.oid, n.xmin, n.nspname, \
            ARRAY(SELECT pg_catalog.concat_ws(' ', d.classid, d.objid, p.xmin) FROM pg_catalog.pg_depend d \
                  LEFT JOIN pg_catalog.pg_proc p \
                    ON d.classid = 'pg_catalog.pg_proc'::regclass::oid AND p.oid = d.objid \
                  WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.refobjid = x.oid \
                    AND d.deptype = 'e' ORDER BY d.classid, d.objid), \
            ARRAY(SELECT pg_catalog.concat_ws(' ', c.xmin, \
                      ARRAY(SELECT a.xmin FROM pg_catalog.pg_attribute a \
                            WHERE a.attrelid = c.oid AND a.attnum > 0::int2 ORDER BY a.attnum)) \
                  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid \
                  WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass::oid AND d.refobjid = x.oid \
                    AND d.deptype = 'e' AND d.classid = 'pg_catalog.pg_class'::regclass::oid ORDER BY c.oid), \
            ARRAY(SELECT o.xmin FROM pg_catalog.pg_operator o \
                  WHERE o.oid >= 16384::oid AND o.oprnamespace = n.oid ORDER BY o.oid)\
        ), 0)::text"
    };
}

pub(super) use {extension, function, indexes, key, relation, source, type_};
