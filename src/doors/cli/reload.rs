//! SIGHUP: the configuration is read anew, and who may ask under which policy holds from then on, without a restart. It
//! is checked whole before anything changes; where something is wrong with it, what was in force stays in force.

use std::io::IsTerminal;
use std::sync::{Arc, OnceLock};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::arguments::Origin;
use super::{Exit, Failure};
use crate::app::{App, Reloaded};
use crate::auth::{Entrants, Register};
use crate::config::{Config, Fault, Faults, Place};
use crate::doors::mcp::http::Encryption;

/// Waits for SIGHUP. From here on it doesn't end the process any more.
pub(super) struct Hangups {
    signal: Signal,
    /// The log goes to a terminal, whose closing is told by the same signal.
    at_terminal: bool,
}

impl Hangups {
    /// Begins to wait.
    pub fn new() -> Result<Self, Failure> {
        let failed = |error| Failure::new(Exit::Configuration, format!("SIGHUP can't be handled: {error}"));
        let signal = signal(SignalKind::hangup()).map_err(failed)?;
        Ok(Self { signal, at_terminal: std::io::stderr().is_terminal() })
    }

    /// The next one; none if there will be no more, or the terminal was closed.
    async fn next(&mut self) -> Option<()> {
        self.signal.recv().await?;
        (!self.at_terminal || std::io::stderr().is_terminal()).then_some(())
    }
}

/// What is read anew, and for whom.
pub(super) struct Reloading {
    pub app: App,
    pub origin: Origin,
    /// The only principal that is served, if it is only one.
    pub only: Option<String>,
    /// Where the door keeps who may come in.
    pub register: Option<Arc<Register>>,
    /// What the door speaks TLS by.
    pub encryption: Option<Arc<Encryption>>,
}

/// Why there is nobody left to serve.
pub(super) type Reason = Arc<OnceLock<Fault>>;

impl Reloading {
    /// Reads the configuration anew at each SIGHUP, until the terminal is closed or the only principal may not ask any
    /// more: that cancels `shutdown`.
    pub fn at(mut self, mut hangups: Hangups, shutdown: CancellationToken) -> Reason {
        let reason = Reason::default();
        let why = Arc::clone(&reason);
        tokio::spawn(async move {
            while let Some(()) = hangups.next().await {
                match self.once().await {
                    Ok(reloaded) => tell(&reloaded),
                    Err(faults) => tell_faults(&faults),
                }
                if let Err(fault) = self.app.config().principal_that_asks(self.only.as_deref()) {
                    tracing::error!("{fault}; pgwicket ends");
                    // The first reason is the one.
                    let _ = why.set(fault);
                    break;
                }
            }
            shutdown.cancel();
        });
        reason
    }

    async fn once(&mut self) -> Result<Reloaded, Faults> {
        let (origin, encryption) = (self.origin.clone(), self.encryption.clone());
        let read = move || -> Result<_, Faults> {
            let config = origin.read()?;
            let renewal = encryption.map(|encryption| encryption.read()).transpose()?;
            Ok((config, renewal))
        };
        let unread = |_| Fault::new(Place::Nowhere, "the configuration could not be read");
        let (config, renewal) = tokio::task::spawn_blocking(read).await.map_err(unread)??;
        let reloaded = self.app.reload(config).await.map_err(|error| error.faults)?;
        if let Some(register) = &self.register {
            register.replace(entrants(self.app.config()));
        }
        if let (Some(encryption), Some(renewal)) = (&self.encryption, renewal) {
            encryption.renew(renewal);
        }
        Ok(reloaded)
    }
}

/// Who may come in over the network by a configuration.
pub(super) fn entrants(config: &Config) -> Entrants {
    Entrants { tokens: config.tokens.clone(), disabled: config.disabled.clone() }
}

fn tell(reloaded: &Reloaded) {
    let Reloaded { new, changed, out, restart } = reloaded;
    let names = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    tracing::info!(
        new = names(new),
        changed = names(changed),
        out = names(out),
        "the configuration was read anew and is in force"
    );
    if let Some(settings) = names(restart) {
        tracing::warn!(settings, "these settings are others now, and hold after a restart only");
    }
}

fn tell_faults(faults: &Faults) {
    tracing::error!("the configuration was read anew and can't be used; what was in force stays in force");
    for fault in &faults.0 {
        tracing::error!(help = fault.help, "{fault}");
    }
}
