//! Everything that talks to PostgreSQL. It may not know policies, doors or principals.

pub mod ephemeral;
