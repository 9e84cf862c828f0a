//! The integration tests: one binary, one throwaway PostgreSQL a run, a database a test, a module a promise.

#![allow(
    clippy::disallowed_methods,
    reason = "a test looks at the database beside pgwicket, to see what pgwicket did and what it hides"
)]

mod acceptance;
mod attacks;
mod bypass;
mod catalog;
mod cli;
mod clients;
mod confirm;
mod costs;
mod demo;
mod doctor;
mod estimates;
mod expressions;
mod extensions;
mod fence;
mod filters;
mod foreign;
mod full_disk;
mod generated_columns;
mod grants;
mod history;
mod history_size;
mod http;
mod identity;
mod kills;
mod ledger;
mod mcp;
mod memory;
mod noninterference;
mod oracles;
mod plans;
mod policies;
mod pooler;
mod protected_writes;
mod races;
mod smoke;
mod sql_support;
mod support;
mod types;
mod unrecordable;
mod verification;
mod writes;
mod writing_ctes;
mod writing_ctes_attacked;
mod written_together;
