//! Curated extensions over text: pg_trgm, citext, unaccent, fuzzystrmatch.

use super::{Curated, NONE, Refused, aggregate, internal, of};

pub(super) static PG_TRGM: Curated = Curated {
    name: "pg_trgm",
    library: "pg_trgm",
    types: &[],
    functions: &[
        of("show_trgm(text)"),
        of("similarity(text, text)"),
        of("similarity_dist(text, text)"),
        of("similarity_op(text, text)"),
        of("strict_word_similarity(text, text)"),
        of("strict_word_similarity_commutator_op(text, text)"),
        of("strict_word_similarity_dist_commutator_op(text, text)"),
        of("strict_word_similarity_dist_op(text, text)"),
        of("strict_word_similarity_op(text, text)"),
        of("word_similarity(text, text)"),
        of("word_similarity_commutator_op(text, text)"),
        of("word_similarity_dist_commutator_op(text, text)"),
        of("word_similarity_dist_op(text, text)"),
        of("word_similarity_op(text, text)"),
    ],
    refused: &[
        Refused { names: &["set_limit", "show_limit"], reason: "read and change settings of the session" },
        Refused { names: &["gin_*", "gtrgm_*"], reason: "are for indexes" },
    ],
    ..NONE
};

pub(super) static CITEXT: Curated = Curated {
    name: "citext",
    library: "citext",
    types: &["citext"],
    functions: &[
        internal("citext(boolean)", "booltext"),
        internal("citext(character)", "rtrim1"),
        internal("citext(inet)", "network_show"),
        of("citext_cmp(citext, citext)"),
        of("citext_eq(citext, citext)"),
        of("citext_ge(citext, citext)"),
        of("citext_gt(citext, citext)"),
        of("citext_hash(citext)"),
        of("citext_hash_extended(citext, bigint)"),
        of("citext_larger(citext, citext)"),
        of("citext_le(citext, citext)"),
        of("citext_lt(citext, citext)"),
        of("citext_ne(citext, citext)"),
        of("citext_pattern_cmp(citext, citext)"),
        of("citext_pattern_ge(citext, citext)"),
        of("citext_pattern_gt(citext, citext)"),
        of("citext_pattern_le(citext, citext)"),
        of("citext_pattern_lt(citext, citext)"),
        of("citext_smaller(citext, citext)"),
        aggregate("max(citext)"),
        aggregate("min(citext)"),
        internal("texticlike(citext, citext)", "texticlike"),
        internal("texticlike(citext, text)", "texticlike"),
        internal("texticnlike(citext, citext)", "texticnlike"),
        internal("texticnlike(citext, text)", "texticnlike"),
        internal("texticregexeq(citext, citext)", "texticregexeq"),
        internal("texticregexeq(citext, text)", "texticregexeq"),
        internal("texticregexne(citext, citext)", "texticregexne"),
        internal("texticregexne(citext, text)", "texticregexne"),
    ],
    refused: &[
        Refused {
            names: &["regexp_*", "replace", "split_part", "strpos", "translate"],
            reason: "are written in SQL, whose text may have been replaced",
        },
        Refused {
            names: &["citextin", "citextout", "citextrecv", "citextsend"],
            reason: "are for reading and writing values",
        },
    ],
    ..NONE
};

pub(super) static UNACCENT: Curated = Curated {
    name: "unaccent",
    library: "unaccent",
    types: &[],
    functions: &[
        // Of the dictionary in the function's own schema.
        of("unaccent(text)"),
    ],
    refused: &[
        Refused { names: &["unaccent"], reason: "takes the name of a dictionary, which can be any" },
        Refused { names: &["unaccent_*"], reason: "are for the dictionary" },
    ],
    ..NONE
};

pub(super) static FUZZYSTRMATCH: Curated = Curated {
    name: "fuzzystrmatch",
    library: "fuzzystrmatch",
    types: &[],
    functions: &[
        of("daitch_mokotoff(text)"),
        of("difference(text, text)"),
        of("dmetaphone(text)"),
        of("dmetaphone_alt(text)"),
        of("levenshtein(text, text)"),
        of("levenshtein(text, text, integer, integer, integer)"),
        of("levenshtein_less_equal(text, text, integer)"),
        of("levenshtein_less_equal(text, text, integer, integer, integer, integer)"),
        of("metaphone(text, integer)"),
        of("soundex(text)"),
        of("text_soundex(text)"),
    ],
    refused: &[],
    ..NONE
};
