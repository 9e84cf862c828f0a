//! Web pages that may call the door: a browser asks whether they may (CORS), before it asks anything for them, and lets them read
//! answers only that say so. Where no page is allowed, nothing of this is said. That a request from elsewhere isn't
//! answered doesn't depend on it: the library refuses whatever names an `Origin` that isn't allowed.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use http::{HeaderMap, Method, Request, StatusCode, Uri};

use super::answer::{Answer, plain};

/// What a page may do: what MCP does. No credentials of the browser's are asked for; a token is the page's own to send.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE");
const MAY_SEND: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name, \
     Pgwicket-On-Behalf-Of",
);
/// What a page may read beside the answer.
const MAY_READ: HeaderValue =
    HeaderValue::from_static("Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After");
/// Seconds for which a browser needn't ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The pages that may call.
pub(super) struct Pages(Vec<Page>);

/// Pages of one origin, or of one at whatever port.
struct Page {
    scheme: String,
    host: String,
    /// None stands for any.
    port: Option<u16>,
}

impl Pages {
    /// As the configuration writes them, which was checked there.
    pub fn new(origins: &[String]) -> Self {
        let page = |origin: &String| match origin.strip_suffix(":*") {
            Some(base) => origin_of(base).map(|(scheme, host, _)| Page { scheme, host, port: None }),
            None => origin_of(origin).map(|(scheme, host, port)| Page { scheme, host, port: Some(port) }),
        };
        Self(origins.iter().filter_map(page).collect())
    }

    /// The one page that a request comes from, if it may call.
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
        let (scheme, host, port) = origin_of(origin.to_str().ok()?)?;
        let is_it = |page: &Page| page.scheme == scheme && page.host == host && page.port.is_none_or(|own| own == port);
        self.0.iter().any(is_it).then(|| origin.clone())
    }
}

/// Scheme, host and port; nothing of what isn't an origin.
fn origin_of(text: &str) -> Option<(String, String, u16)> {
    let uri: Uri = text.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?);
    let usual = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let is_bare =
        !text.ends_with('/') && uri.path() == "/" && uri.query().is_none() && !authority.as_str().contains('@');
    let port = authority.port_u16().unwrap_or(usual);
    is_bare.then(|| (scheme, authority.host().to_ascii_lowercase(), port))
}

/// Whether a browser asks whether a page may ask. Nobody proves anything with such a request, and nothing is done for it.
pub(super) fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// That the page may ask.
pub(super) fn may_ask(origin: &HeaderValue) -> Answer {
    let mut answer = may_read(plain(StatusCode::NO_CONTENT, ""), origin);
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, MAY_SEND);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    answer
}

/// That the page may read the answer.
pub(super) fn may_read(mut answer: Answer, origin: &HeaderValue) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, MAY_READ);
    headers.append(VARY, HeaderValue::from_static("Origin"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_browsers_write_it() {
        let pages = Pages::new(&["https://app.example.org:443".to_owned(), "http://localhost:*".to_owned()]);
        let allowed = |origin: &str| {
            let headers = HeaderMap::from_iter([(ORIGIN, origin.parse().unwrap())]);
            pages.allowed(&headers).is_some()
        };
        for origin in
            ["https://app.example.org", "https://APP.example.org:443", "http://localhost", "http://localhost:3000"]
        {
            assert!(allowed(origin), "{origin}");
        }
        for origin in [
            "null",
            "*",
            "http://app.example.org",
            "https://app.example.org:8443",
            "https://app.example.org/",
            "https://app.example.org.evil.org",
            "https://me@app.example.org",
            "https://localhost:3000",
            "app.example.org:443",
        ] {
            assert!(!allowed(origin), "{origin}");
        }
        let mut two = HeaderMap::new();
        for origin in ["http://localhost", "http://localhost:80"] {
            two.append(ORIGIN, origin.parse().unwrap());
        }
        assert!(pages.allowed(&two).is_none());
    }
}
