//! What a door over HTTP is like, and which doors aren't opened at all: where others than this machine's could come in
//! unproven or unencrypted.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::auth::Register;
use crate::config::{Config, Fault, Faults, HttpSettings, Place};
use crate::doors::mcp::seal::Seal;
use crate::doors::mcp::server::Form;

/// The names of this machine's loopback, which are what clients call it by where nothing else is said.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// A door that may be opened.
pub struct Door {
    pub(super) address: SocketAddr,
    pub(super) tls: Option<Arc<Encryption>>,
    /// A proxy stands before it, which says where a client really is.
    pub(super) behind_proxy: bool,
    pub(super) access: Access,
    pub(super) hosts: Vec<String>,
    pub(super) origins: Vec<String>,
    pub(super) connections: usize,
    pub(super) grace: Duration,
    pub(super) form: Form,
}

/// Who may come in. OAuth would be one more way: its tokens verified where ours are (`claim`), and its challenge naming the
/// metadata in which the authorization server stands.
#[derive(Debug, Clone)]
pub enum Access {
    /// Whoever has a token.
    Tokens(Arc<Register>),
    /// Everyone on this machine, as this principal.
    Anyone(String),
}

impl Door {
    /// What renews its certificate, if it has one.
    pub fn encryption(&self) -> Option<Arc<Encryption>> {
        self.tls.clone()
    }

    /// A door at an address.
    ///
    /// # Errors
    /// It isn't safe to open, or its certificate can't be used: everything that is wrong, and what to do instead.
    pub fn new(config: &Config, address: SocketAddr, behind_proxy: bool, access: Access) -> Result<Self, Faults> {
        let HttpSettings { tls, allowed_hosts, allowed_origins, connections, grace } = config.http.clone();
        let open_to_others = !address.ip().is_loopback();
        let fault = |message: String, help: &str| Fault::new(Place::Argument("--http"), message).help(help);
        let mut faults = Faults::default();
        match &access {
            // Who comes by a proxy isn't on this machine.
            Access::Anyone(principal) if open_to_others || behind_proxy => {
                let place = if behind_proxy { "the proxy".to_owned() } else { address.to_string() };
                // What else there may be depends on what is done about it.
                return Err(Faults::from(fault(
                    format!("everyone who reaches {place} would be the principal `{principal}`"),
                    "listen at 127.0.0.1 without a proxy, or name only a configuration, by `--config`, and give its \
                     principals `tokens` (`pgwicket token new`)",
                )));
            }
            Access::Tokens(register) if register.current().tokens().is_empty() => {
                faults.push(fault(
                    "no principal has a token, so nobody could come in".to_owned(),
                    "make one by `pgwicket token new`; or name the principal that everyone on this machine is, by \
                     `--principal`",
                ));
            }
            Access::Anyone(_) | Access::Tokens(_) => {}
        }
        if open_to_others && tls.is_none() && !behind_proxy {
            faults.push(fault(
                format!("tokens and rows would go over the network in clear at {address}"),
                "give `tls_cert` and `tls_key` in `[doors.http]`, or say `--behind-proxy` if a proxy that speaks TLS \
                 stands before it",
            ));
        }
        if open_to_others && allowed_hosts.is_empty() {
            faults.push(fault(
                format!("it isn't said by which names clients may call {address}"),
                "give `allowed_hosts` in `[doors.http]`, as in `allowed_hosts = [\"pgwicket.example.org\"]`",
            ));
        }
        if !faults.0.is_empty() {
            return Err(faults);
        }
        let hosts = if allowed_hosts.is_empty() { LOOPBACK.map(str::to_owned).to_vec() } else { allowed_hosts };
        let tls = tls.map(|(cert, key)| Encryption::new(cert, key)).transpose()?.map(Arc::new);
        let seal = Seal::new().map_err(|message| Fault::new(Place::Nowhere, message))?;
        let form = Form { settings: config.mcp, seal };
        Ok(Self { address, tls, behind_proxy, access, hosts, origins: allowed_origins, connections, grace, form })
    }
}

/// TLS as it is spoken, by a certificate that may be renewed.
#[derive(Debug)]
pub struct Encryption {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

/// A certificate that can be used, and isn't yet.
pub struct Renewal(Arc<ServerConfig>);

impl Encryption {
    fn new(cert: PathBuf, key: PathBuf) -> Result<Self, Fault> {
        let current = RwLock::new(encryption(&cert, &key)?);
        Ok(Self { cert, key, current })
    }

    /// For the next handshake.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the certificate and its key anew. Waits for the disk.
    ///
    /// # Errors
    /// They can't be used.
    pub fn read(&self) -> Result<Renewal, Fault> {
        encryption(&self.cert, &self.key).map(Renewal)
    }

    /// Takes what was read for the handshakes from here on.
    pub fn renew(&self, renewal: Renewal) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = renewal.0;
    }
}

fn encryption(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, Fault> {
    let fault = |message: String| Fault::new(Place::Nowhere, message);
    let unreadable =
        |path: &Path, error: &dyn std::fmt::Display| fault(format!("`{}` can't be read: {error}", path.display()));
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| unreadable(cert, &error))?;
    if chain.is_empty() {
        return Err(fault(format!("`{}` holds no PEM certificate", cert.display())));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
    let unusable = |error: rustls::Error| {
        fault(format!("the certificate `{}` can't be used: {error}", cert.display()))
            .help("`tls_cert` and `tls_key` must belong together")
    };
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    Ok(Arc::new(config))
}
