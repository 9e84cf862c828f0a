//! The command line: arguments to requests of the gateway, answers to people. One file a subcommand. Results go to
//! standard output, everything else to standard error.

mod approve;
mod arguments;
mod check;
mod demo;
mod doctor;
mod draw;
mod failure;
mod history;
mod output;
mod policy_check;
mod policy_grants;
mod query;
mod reload;
mod serve;
mod table;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::{Exit, Failure};

use crate::gate::stack::THREAD_STACK;

/// What the exit codes mean; part of every `--help`.
const EXIT_CODES: &str = "Exit codes:
  0  done; admitted
  1  the statement or the policy was refused, or failed in the database;
     or `doctor` has found something; or no MCP connection came about, or the output can't be written
  2  wrong arguments or configuration, or a policy that doesn't fit the database
  3  the database can't be reached, or refuses the connection
  4  the history can't be written or read
  5 to 7  what `history verify` found, see its --help";

const EXAMPLES: &str = "Examples:
  pgwicket demo
  pgwicket policy check policies/analyst.toml
  pgwicket check 'SELECT * FROM sales.customers' --config pgwicket.toml --principal ana
  pgwicket serve --config /etc/pgwicket/pgwicket.toml --principal ana

Environment:
  POSTGRES_HOST, POSTGRES_PORT, POSTGRES_DB, POSTGRES_USER,
  POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE,
  POSTGRES_SSL_MODE, POSTGRES_SSL_ROOT_CERT, POSTGRES_SSL_CERT, POSTGRES_SSL_KEY,
  POSTGRES_POOL_SIZE, POSTGRES_MAX_OVERFLOW, POSTGRES_POOLER;
  or DATABASE_URL, which all of these overrule.
  PGWICKET_LOG chooses what is logged to standard error: error, warn, info, debug.";

/// The guarded gate between AI agents, analysts and PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "pgwicket", version, arg_required_else_help = true, after_help = EXIT_CODES)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Query(query::Arguments),
    Check(check::Arguments),
    Approve(approve::Arguments),
    /// Work on policy files
    #[command(subcommand)]
    Policy(Policy),
    #[command(subcommand)]
    History(history::Command),
    Doctor(doctor::Arguments),
    /// Make tokens, by which clients prove over HTTP who they are
    #[command(subcommand)]
    Token(Token),
    Demo(demo::Arguments),
}

#[derive(Debug, Subcommand)]
enum Policy {
    Check(policy_check::Arguments),
    Grants(policy_grants::Arguments),
}

#[derive(Debug, Subcommand)]
enum Token {
    New(token::Arguments),
}

/// Runs the command of this process's arguments.
pub fn run() -> ExitCode {
    // Ends the process itself for --help, --version and arguments that can't be read, the latter with code 2.
    let cli = Cli::parse();
    let thread = std::thread::Builder::new().name("pgwicket".to_owned()).stack_size(THREAD_STACK);
    let ended = match thread.spawn(|| on_this_thread(cli.command)) {
        Ok(thread) => thread.join(),
        Err(error) => return no_threads(&error),
    };
    // A panic has told of itself.
    ended.unwrap_or_else(|_| Exit::Refused.into())
}

/// One thread for one client's statements: they wait for the database, and handing a call from thread to thread costs
/// more than its whole way through the gate. What keeps a processor busy for long, or waits for a disk, has threads of
/// its own. Many clients have a thread for each processor.
fn on_this_thread(command: Command) -> ExitCode {
    let mut builder = match &command {
        Command::Serve(arguments) if arguments.serves_many() => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match builder.thread_stack_size(THREAD_STACK).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return no_threads(&error),
    };
    let result = runtime.block_on(command.run());
    // Not awaited: a read of standard input that nobody answers any more would hold us.
    runtime.shutdown_background();
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => failure.tell(),
    }
}

fn no_threads(error: &std::io::Error) -> ExitCode {
    Failure::new(Exit::Configuration, format!("the program's threads can't be started: {error}")).tell()
}

impl Command {
    async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Serve(arguments) => serve::run(arguments).await,
            Self::Query(arguments) => query::run(arguments).await,
            Self::Approve(arguments) => approve::run(arguments).await,
            Self::Check(arguments) => check::run(arguments).await,
            Self::Policy(Policy::Check(arguments)) => policy_check::run(arguments).await,
            Self::Policy(Policy::Grants(arguments)) => policy_grants::run(arguments).await,
            Self::History(command) => command.run().await,
            Self::Doctor(arguments) => doctor::run(arguments).await,
            Self::Token(Token::New(arguments)) => token::run(&arguments),
            Self::Demo(arguments) => demo::run(arguments).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_attribute_beside_a_configuration_is_refused_not_ignored() {
        let with = |source: [&'static str; 2]| {
            let words = ["pgwicket", "query", "SELECT 1", "--attribute", "tenant=3"];
            Cli::try_parse_from(words.into_iter().chain(source))
        };
        assert!(with(["--policy", "policy.toml"]).is_ok());
        let error = with(["--config", "pgwicket.toml"]).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::ArgumentConflict, "{error}");
    }

    #[test]
    fn every_command_says_what_it_does_and_shows_an_example() {
        fn visit(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            if command.get_subcommands().next().is_none() {
                let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(after.contains("pgwicket "), "{} has no example", command.get_name());
            }
            command.get_subcommands().for_each(visit);
        }
        visit(&Cli::command());
    }
}
