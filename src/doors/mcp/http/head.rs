//! What the head of a request has to be like, whoever it is from: such that nobody who stands in between can have read
//! another request in it.

use http::HeaderMap;
use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;

pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL: HeaderName = HeaderName::from_static("mcp-protocol-version");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// What says one thing. The library reads the first of several; of `Mcp-Method` and `Mcp-Name` it refuses them.
const ONCE: [HeaderName; 5] = [HOST, ORIGIN, SESSION, PROTOCOL, LAST_EVENT];

/// Why a head can't be answered: a sentence.
pub(super) fn fault(head: &Parts) -> Result<(), String> {
    for name in ONCE {
        if head.headers.get_all(&name).iter().nth(1).is_some() {
            return Err(format!("the header `{name}` may be there only once"));
        }
    }
    let Some(host) = text(&head.headers, &HOST) else { return Ok(()) };
    if host.contains('@') {
        return Err("`Host` is a name and a port, and nobody at it".to_owned());
    }
    // A target can bring a host of its own, which the protocol puts above the header.
    match head.uri.authority() {
        Some(authority) if !authority.as_str().eq_ignore_ascii_case(host) => {
            Err("the request's target and its `Host` name different hosts".to_owned())
        }
        _ => Ok(()),
    }
}

/// What a header says, where it is text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
