//! `pgwicket demo`: a throwaway PostgreSQL with a small shop, an agent's policy in front of it, and a conversation with
//! the real MCP server, told so that a newcomer can follow. Nothing of it outlives the process.

mod client;
mod scenes;
mod shop;
mod tell;

use tokio_util::sync::CancellationToken;

pub use shop::Shop;

/// What can go wrong with the demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The throwaway PostgreSQL.
    #[error(transparent)]
    Server(#[from] crate::postgres::ephemeral::EphemeralError),
    /// The operating system refused something.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What we were about to do.
        doing: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The server gave an answer that makes no sense.
    #[error("`pgwicket serve` gave an unexpected answer: {0}")]
    Answer(String),
}

impl DemoError {
    /// What a person can do about it, if there is something.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Server(error) => error.help(),
            Self::Io { .. } | Self::Answer(_) => None,
        }
    }

    fn doing(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// Opens the shop and shows the conversation, line by line through `say`.
///
/// # Errors
/// No PostgreSQL on this machine, or something that shouldn't happen.
pub async fn show(say: &mut (dyn FnMut(&str) + Send), cancel: &CancellationToken) -> Result<(), DemoError> {
    let shop = Shop::open().await?;
    let shown = tokio::select! {
        shown = scenes::play(&shop, say) => shown,
        () = cancel.cancelled() => Ok(()),
    };
    shop.close().await.and(shown)
}

/// Opens the shop and keeps it open until `cancel`; says how an MCP client connects to it.
///
/// # Errors
/// No PostgreSQL on this machine, or something that shouldn't happen.
pub async fn serve(say: &mut (dyn FnMut(&str) + Send), cancel: &CancellationToken) -> Result<(), DemoError> {
    let shop = Shop::open().await?;
    match shop.client_configuration() {
        Ok(configuration) => {
            say("A throwaway PostgreSQL with a small shop is up. Give this to an MCP client:\n");
            say(&configuration);
            say(&format!(
                "\nor ask yourself:\n\n  {} query 'SELECT * FROM customers LIMIT 5' --config {}\n\nCtrl-C ends it and \
                 removes everything.",
                shop.program().display(),
                shop.config().display()
            ));
            cancel.cancelled().await;
            shop.close().await
        }
        Err(error) => shop.close().await.and(Err(error)),
    }
}
