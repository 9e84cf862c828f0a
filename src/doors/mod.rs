//! Doors: each translates its protocol into a request of the gateway, and the answer back. A door decides nothing.

pub mod cli;
mod layout;
pub mod mcp;
mod question;
