//! `[doors.http]`: what the door over HTTP is like. Where it is opened, and whether a proxy stands before it, the command
//! line says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::text;
use super::keys;
use crate::gate::policy::Diagnostics;
use crate::gate::policy::raw::{Entry, Section};

/// The settings of the door over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// The PEM files of the server's certificate and of its key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The names that clients may call the server by; empty where nothing is said.
    pub allowed_hosts: Vec<String>,
    /// Web pages that may call it.
    pub allowed_origins: Vec<String>,
    /// Connections at once.
    pub connections: usize,
    /// How long statements may go on after pgwicket is told to end.
    pub grace: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            tls: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            connections: 512,
            grace: Duration::from_secs(10),
        }
    }
}

pub(super) fn read(section: &mut Section<'_>, directory: &Path, errors: &mut Diagnostics) -> HttpSettings {
    let usual = HttpSettings::default();
    let cert = section.entry(&keys::HTTP_TLS_CERT).and_then(|entry| Some((text(&entry, errors)?, entry)));
    let key = section.entry(&keys::HTTP_TLS_KEY).and_then(|entry| Some((text(&entry, errors)?, entry)));
    let tls = match (cert, key) {
        (Some((cert, _)), Some((key, _))) => Some((directory.join(cert.value), directory.join(key.value))),
        (Some((_, entry)), None) => {
            errors.push(entry.error("a certificate is given without its key").help("add `tls_key`"));
            None
        }
        (None, Some((_, entry))) => {
            errors.push(entry.error("a key is given without its certificate").help("add `tls_cert`"));
            None
        }
        (None, None) => None,
    };
    let hosts = section.entry(&keys::HTTP_ALLOWED_HOSTS).map(|entry| list(&entry, is_host, HOST, errors));
    let origins = section.entry(&keys::HTTP_ALLOWED_ORIGINS).map(|entry| list(&entry, is_origin, ORIGIN, errors));
    let connections = section.entry(&keys::HTTP_CONNECTIONS).and_then(|entry| entry.count(errors));
    let grace = section.entry(&keys::HTTP_GRACE).and_then(|entry| entry.span(errors));
    HttpSettings {
        tls,
        allowed_hosts: hosts.unwrap_or_default(),
        allowed_origins: origins.unwrap_or_default(),
        connections: connections.and_then(|count| count.value.try_into().ok()).unwrap_or(usual.connections),
        grace: grace.map_or(usual.grace, |grace| grace.value),
    }
}

const HOST: &str = "a name or address with or without a port, as in `pgwicket.example.org` or `10.0.0.5:8440`";
const ORIGIN: &str = "scheme, name and port, as in `https://app.example.org:443` or `http://localhost:*`";

/// A list in which an entry that isn't what it should be is a fault: the server would ignore it, and an empty list would
/// mean something else.
fn list(entry: &Entry<'_>, is: fn(&str) -> bool, what: &str, errors: &mut Diagnostics) -> Vec<String> {
    let elements = entry.elements(errors).unwrap_or_default();
    if elements.is_empty() {
        errors.push(entry.error("the list is empty").help("leave the key out"));
    }
    let mut known = Vec::new();
    for one in elements {
        let Some(text) = one.text(errors) else { continue };
        if is(&text.value) {
            known.push(text.value);
        } else {
            errors.push(one.error(format!("`{}` is not {what}", text.value)));
        }
    }
    known
}

fn is_host(text: &str) -> bool {
    let authority = ::http::uri::Authority::try_from(text);
    authority.is_ok_and(|authority| !authority.host().is_empty() && !text.contains(['@', '*']))
}

fn is_origin(text: &str) -> bool {
    let text = text.strip_suffix(":*").map(|base| format!("{base}:1")).unwrap_or_else(|| text.to_owned());
    let Ok(uri) = ::http::Uri::try_from(text.as_str()) else { return false };
    let scheme = uri.scheme_str().is_some_and(|scheme| ["http", "https"].contains(&scheme));
    let place = uri.authority().is_some_and(|at| at.port_u16().is_some() && is_host(at.as_str()));
    scheme && place && uri.path() == "/" && uri.query().is_none() && !text.ends_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_origins_are_told_from_what_would_be_ignored() {
        for host in ["example.org", "example.org:8440", "10.0.0.5", "[::1]:80", "localhost"] {
            assert!(is_host(host), "{host}");
        }
        for host in ["", "*", "*.example.org", "https://example.org", "a b", "user@host", "example.org/x"] {
            assert!(!is_host(host), "{host}");
        }
        for origin in ["https://example.org:443", "http://localhost:*", "http://[::1]:3000"] {
            assert!(is_origin(origin), "{origin}");
        }
        for origin in [
            "",
            "null",
            "*",
            "https://example.org",
            "example.org:443",
            "ftp://a:1",
            "https://a:1/",
            "https://a:1/x",
            "https://*:1",
            "https://a:443:*",
        ] {
            assert!(!is_origin(origin), "{origin}");
        }
    }
}
