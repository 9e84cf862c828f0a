//! The table of comparisons that may run inside a fence holds on the server at hand.

use pgwicket::gate::catalog::builtin::leakproof::{FAMILIES, SYMBOLS};

use crate::support::Database;

/// Each comparison is asked of PostgreSQL itself: the operator that it chooses for the two types is stored in a view's
/// rule. That operator belongs to `pg_catalog` and a B-tree family, and its function is strict, immutable and LEAKPROOF.
#[tokio::test]
async fn every_comparison_that_may_be_copied_is_leakproof() {
    let database = Database::empty().await;
    let client = database.connect().await;
    let mut asked = 0;
    for family in FAMILIES {
        for left in *family {
            for right in *family {
                for symbol in SYMBOLS {
                    let view = format!(
                        "CREATE OR REPLACE TEMP VIEW chosen AS
                         SELECT a {symbol} b AS one, a {symbol} ANY (ARRAY[b]) AS one_of
                           FROM (SELECT NULL::{left} AS a, NULL::{right} AS b) AS q"
                    );
                    client.batch_execute(&view).await.unwrap();
                    let chosen = "
                        SELECT count(*), bool_and(o.oprname = $1), bool_and(o.oprnamespace = 'pg_catalog'::regnamespace),
                               bool_and(p.proleakproof), bool_and(p.proisstrict AND p.provolatile = 'i'),
                               bool_and(EXISTS (SELECT FROM pg_amop a JOIN pg_am m ON m.oid = a.amopmethod
                                                 WHERE a.amopopr = o.oid AND m.amname = 'btree'))
                          FROM pg_rewrite r,
                               LATERAL regexp_matches(r.ev_action::text, ':opno (\\d+)', 'g') AS found (opno)
                          JOIN pg_operator o ON true JOIN pg_proc p ON p.oid = o.oprcode
                         WHERE r.ev_class = 'chosen'::regclass AND o.oid = found.opno[1]::oid";
                    let row = client.query_one(chosen, &[symbol]).await.unwrap();
                    let holds: Vec<Option<bool>> = (1..=5).map(|at| row.get(at)).collect();
                    assert_eq!(row.get::<_, i64>(0), 2, "{left} {symbol} {right}");
                    assert_eq!(holds, [Some(true); 5], "{left} {symbol} {right}");
                    asked += 1;
                }
            }
        }
    }
    assert_eq!(asked, SYMBOLS.len() * (6 + 9 + 4));
}

/// The look above does see a comparison that isn't leakproof.
#[tokio::test]
async fn not_every_comparison_is_leakproof() {
    let database = Database::empty().await;
    let leaky = "SELECT count(*) FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
                  WHERE o.oprname = '=' AND NOT p.proleakproof
                    AND o.oprleft IN ('numeric'::regtype, 'date'::regtype) AND o.oprright IN ('numeric'::regtype,
                        'timestamptz'::regtype)";
    assert_eq!(database.connect().await.query_one(leaky, &[]).await.unwrap().get::<_, i64>(0), 2);
}
