//! Curated extensions that bring functions only: pgcrypto, uuid-ossp, btree_gin, btree_gist.

use super::{Curated, NONE, Refused, of};

pub(super) static PGCRYPTO: Curated = Curated {
    name: "pgcrypto",
    library: "pgcrypto",
    types: &[],
    functions: &[
        of("armor(bytea)"),
        of("armor(bytea, text[], text[])"),
        of("dearmor(text)"),
        of("digest(bytea, text)"),
        of("digest(text, text)"),
        of("gen_random_bytes(integer)"),
        of("gen_random_uuid()"),
        of("hmac(bytea, bytea, text)"),
        of("hmac(text, text, text)"),
    ],
    refused: &[
        Refused {
            names: &["crypt", "gen_salt"],
            reason: "are slow on purpose, and passwords aren't checked in queries",
        },
        Refused {
            names: &["decrypt", "decrypt_iv", "encrypt", "encrypt_iv", "pgp_*"],
            reason: "take keys, which don't belong into statements",
        },
        Refused { names: &["fips_mode"], reason: "tells of the server" },
    ],
    ..NONE
};

pub(super) static UUID_OSSP: Curated = Curated {
    name: "uuid-ossp",
    library: "uuid-ossp",
    types: &[],
    functions: &[
        of("uuid_generate_v1mc()"),
        of("uuid_generate_v3(uuid, text)"),
        of("uuid_generate_v4()"),
        of("uuid_generate_v5(uuid, text)"),
        of("uuid_nil()"),
        of("uuid_ns_dns()"),
        of("uuid_ns_oid()"),
        of("uuid_ns_url()"),
        of("uuid_ns_x500()"),
    ],
    refused: &[Refused { names: &["uuid_generate_v1"], reason: "tells the network address of the server" }],
    ..NONE
};

pub(super) static BTREE_GIN: Curated = Curated {
    name: "btree_gin",
    library: "btree_gin",
    types: &[],
    functions: &[],
    refused: &[Refused { names: &["gin_*"], reason: "are for indexes" }],
    ..NONE
};

pub(super) static BTREE_GIST: Curated = Curated {
    name: "btree_gist",
    library: "btree_gist",
    types: &[],
    functions: &[
        // What its operator `<->` is.
        of("cash_dist(money, money)"),
        of("date_dist(date, date)"),
        of("float4_dist(real, real)"),
        of("float8_dist(double precision, double precision)"),
        of("int2_dist(smallint, smallint)"),
        of("int4_dist(integer, integer)"),
        of("int8_dist(bigint, bigint)"),
        of("interval_dist(interval, interval)"),
        of("oid_dist(oid, oid)"),
        of("time_dist(time without time zone, time without time zone)"),
        of("ts_dist(timestamp without time zone, timestamp without time zone)"),
        of("tstz_dist(timestamp with time zone, timestamp with time zone)"),
    ],
    refused: &[Refused { names: &["gbt*", "gist_*"], reason: "are for indexes" }],
    ..NONE
};
