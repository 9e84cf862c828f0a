//! Who a request says it is from, and whether that is so. What fails is recorded, as far as it doesn't come in floods.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use tokio_util::sync::CancellationToken;

use super::answer::{Answer, no_such_session, refusal, too_often, unproven};
use super::door::Access;
use crate::auth::{Current, Proven, Unproven};
use crate::gate::policy::model::{Limits, Rate};
use crate::gateway::{Caller, Gateway};
use crate::history::{AuthFailure, AuthFault};
use crate::quota::{Exceeded, Quota};

/// On whose behalf the principal asks: recorded as it is given, and never checked.
const ON_BEHALF_OF: &str = "pgwicket-on-behalf-of";
const LONGEST_BEHALF: usize = 128;

/// Who comes by way of a proxy: the last entry is the proxy's own.
const FORWARDED_FOR: &str = "x-forwarded-for";

const CHALLENGE: &str = "Bearer realm=\"pgwicket\"";
const WRONG: &str = "Bearer realm=\"pgwicket\", error=\"invalid_token\"";

const MINUTE: Duration = Duration::from_secs(60);
/// Failures of one address, and of all together, that are recorded and answered as such.
const FAILURES: Rate = Rate { count: 10, period: MINUTE, burst: 10 };
const ALL_FAILURES: Rate = Rate { count: 100, period: MINUTE, burst: 100 };
/// No address looks like this.
const ALL: &str = "*";

/// Before the id of a token, where it says how somebody proved who they are.
const BY_TOKEN: &str = "token:";

/// Why somebody isn't let in, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    failed: AuthFault,
    /// The token, if there is such a one.
    token: Option<String>,
    /// Whose it is, where that was proven.
    principal: Option<String>,
}

impl Refused {
    /// The session that a proven caller names is another one's.
    pub fn by_session(caller: Caller) -> Self {
        let token = caller.authentication.strip_prefix(BY_TOKEN).map(str::to_owned);
        Self { failed: AuthFault::AnothersSession, token, principal: Some(caller.principal) }
    }
}

impl From<AuthFault> for Refused {
    fn from(failed: AuthFault) -> Self {
        Self { failed, token: None, principal: None }
    }
}

/// Holds what requests say against what is known.
pub(super) struct Claims {
    access: Access,
    behind_proxy: bool,
    failures: Quota,
    /// Since the last one that was.
    unrecorded: AtomicU64,
}

impl Claims {
    pub fn new(access: Access, behind_proxy: bool) -> Self {
        let failures = Quota::new();
        failures.keep_tidy();
        Self { access, behind_proxy, failures, unrecorded: AtomicU64::new(0) }
    }

    /// Who asks, and what is cancelled when that proof doesn't hold any more.
    ///
    /// # Errors
    /// The answer that there is instead.
    pub async fn proven(
        &self,
        gateway: &Gateway,
        peer: SocketAddr,
        headers: &HeaderMap,
    ) -> Result<(Caller, CancellationToken), Box<Answer>> {
        let (principal, authentication, valid_until) = match &self.access {
            Access::Anyone(principal) => (principal.clone(), Cow::Borrowed("loopback"), CancellationToken::new()),
            Access::Tokens(register) => match proof(&register.current(), headers) {
                Ok((Proven { token, principal }, valid_until)) => {
                    (principal, Cow::Owned(format!("{BY_TOKEN}{token}")), valid_until)
                }
                Err(refused) => return Err(Box::new(self.refused(gateway, peer, headers, refused).await)),
            },
        };
        let on_behalf_of =
            on_behalf_of(headers).map_err(|message| Box::new(refusal(StatusCode::BAD_REQUEST, message)))?;
        let address = Some(self.address(peer, headers));
        let caller = Caller { authentication, on_behalf_of, address, ..Caller::local(principal, "mcp", "") };
        Ok((caller, valid_until))
    }

    /// The answer to who could not prove who they are; on record, unless there are too many.
    pub async fn refused(&self, gateway: &Gateway, peer: SocketAddr, headers: &HeaderMap, refused: Refused) -> Answer {
        let Refused { failed, token, principal } = refused;
        if let Err(wait) = self.may_fail(self.said_client(headers).unwrap_or(peer.ip())) {
            self.unrecorded.fetch_add(1, Ordering::Relaxed);
            return too_often(wait, "too many requests failed to prove who they are from");
        }
        let unrecorded = self.unrecorded.swap(0, Ordering::Relaxed);
        let address = self.address(peer, headers);
        tracing::warn!(address, reason = ?failed, token, "a request could not prove who it is from");
        gateway.unproven("mcp", address, principal, AuthFailure { failed, token, unrecorded }).await;
        match failed {
            AuthFault::Missing => {
                unproven(CHALLENGE, "this server takes requests with a token only: `Authorization: Bearer pgw_…`")
            }
            AuthFault::Malformed => {
                unproven(WRONG, "what `Authorization` says is not a token of this server (`Bearer pgw_…`)")
            }
            // Which of the two it was is for the history's reader.
            AuthFault::UnknownToken | AuthFault::WrongSecret => unproven(WRONG, "the token is not valid"),
            AuthFault::Disabled => refusal(StatusCode::FORBIDDEN, "the principal of this token is disabled"),
            AuthFault::AnothersSession => no_such_session(),
        }
    }

    fn may_fail(&self, address: IpAddr) -> Result<(), Duration> {
        let limits = |rate| Limits { rate: Some(rate), concurrency: u32::MAX, ..Limits::default() };
        let enter = |key: &str, rate| match self.failures.enter(key, &limits(rate)) {
            Ok(_) => Ok(()),
            Err(exceeded @ (Exceeded::Rate { .. } | Exceeded::Concurrency { .. })) => {
                Err(exceeded.retry_after().unwrap_or(MINUTE))
            }
        };
        enter(&network(address), FAILURES)?;
        enter(ALL, ALL_FAILURES)
    }

    fn address(&self, peer: SocketAddr, headers: &HeaderMap) -> String {
        match self.said_client(headers) {
            Some(client) => format!("{client} via {peer}"),
            None => peer.to_string(),
        }
    }

    /// Where the proxy says that a client is.
    fn said_client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let last = headers.get_all(FORWARDED_FOR).iter().next_back().filter(|_| self.behind_proxy)?;
        // What isn't an address was not written by a proxy.
        last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    }
}

/// What one party surely has for itself: of IPv6, the first half.
fn network(address: IpAddr) -> String {
    // A listener of IPv6 may have clients of IPv4, all of them in one such half.
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}", u128::from(address) >> 64),
    }
}

/// Whose token a request brings, and until when it holds.
fn proof(register: &Current, headers: &HeaderMap) -> Result<(Proven, CancellationToken), Refused> {
    let proven = register.tokens().verify(bearer(headers)?).map_err(|unproven| match unproven {
        Unproven::Malformed => AuthFault::Malformed.into(),
        Unproven::Unknown => AuthFault::UnknownToken.into(),
        Unproven::Wrong { token } => Refused { failed: AuthFault::WrongSecret, token: Some(token), principal: None },
    })?;
    match register.valid_until(&proven).cloned() {
        Some(valid_until) => Ok((proven, valid_until)),
        None => {
            let Proven { token, principal } = proven;
            Err(Refused { failed: AuthFault::Disabled, token: Some(token), principal: Some(principal) })
        }
    }
}

/// The token that a request brings.
fn bearer(headers: &HeaderMap) -> Result<&str, AuthFault> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let one = match (all.next(), all.next()) {
        (None, _) => return Err(AuthFault::Missing),
        (Some(one), None) => one,
        // Whoever stands in between might have looked at another one.
        (Some(_), Some(_)) => return Err(AuthFault::Malformed),
    };
    let token = one.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim_matches(' '))
    });
    token.ok_or(AuthFault::Malformed)
}

fn on_behalf_of(headers: &HeaderMap) -> Result<Option<String>, String> {
    let Some(value) = headers.get(ON_BEHALF_OF) else { return Ok(None) };
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) if text.chars().count() <= LONGEST_BEHALF && !text.contains(char::is_control) => {
            Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
        }
        _ => Err(format!("`{ON_BEHALF_OF}` takes up to {LONGEST_BEHALF} characters of UTF-8 text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn one_token_is_read_and_nothing_like_it() {
        let read = |pairs: &[(&'static str, &str)]| bearer(&headers(pairs)).map(str::to_owned);
        assert_eq!(read(&[("authorization", "Bearer pgw_a_b")]), Ok("pgw_a_b".to_owned()));
        assert_eq!(read(&[("authorization", "bearer  pgw_a_b ")]), Ok("pgw_a_b".to_owned()));
        assert_eq!(read(&[]), Err(AuthFault::Missing));
        for wrong in ["", "pgw_a_b", "Basic pgw_a_b", "Bearer"] {
            assert_eq!(read(&[("authorization", wrong)]), Err(AuthFault::Malformed), "{wrong}");
        }
        let two = [("authorization", "Bearer pgw_a_b"), ("authorization", "Bearer pgw_a_c")];
        assert_eq!(read(&two), Err(AuthFault::Malformed));
    }

    #[tokio::test]
    async fn a_proxy_says_where_a_client_is_and_nobody_else_does() {
        let peer: SocketAddr = "10.0.0.1:5000".parse().unwrap();
        let said = headers(&[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "6.6.6.7, 203.0.113.9")]);
        let address = |behind_proxy, headers: &HeaderMap| {
            Claims::new(Access::Anyone("ana".into()), behind_proxy).address(peer, headers)
        };
        assert_eq!(address(true, &said), "203.0.113.9 via 10.0.0.1:5000");
        assert_eq!(address(false, &said), "10.0.0.1:5000");
        assert_eq!(address(true, &headers(&[("x-forwarded-for", "me, \"unknown\"")])), "10.0.0.1:5000");
        // Who fails is who the proxy says, not the proxy.
        let client = |behind_proxy| Claims::new(Access::Anyone("ana".into()), behind_proxy).said_client(&said);
        assert_eq!((client(true), client(false)), ("203.0.113.9".parse().ok(), None));
    }

    #[tokio::test]
    async fn failures_are_counted_by_network_and_all_together() {
        let claims = Claims::new(Access::Anyone("ana".into()), false);
        let fails = |address: &str| claims.may_fail(address.parse().unwrap()).is_ok();
        assert_eq!((0..20).filter(|_| fails("10.0.0.1")).count(), 10);
        assert!(fails("10.0.0.2"));
        // One who has a whole /64 has not its addresses' number of tries.
        let many = (0..20).filter(|n| fails(&format!("2001:db8::{n}"))).count();
        assert_eq!(many, 10);
        // IPv4 as a listener of IPv6 sees it: each address for itself, and the same as any other way.
        assert!(fails("::ffff:10.0.0.3") && fails("::ffff:10.0.0.4") && !fails("::ffff:10.0.0.1"));
        let all = (0..200).filter(|n| fails(&format!("10.0.1.{n}"))).count();
        assert_eq!(all, 100 - 23);
    }

    #[test]
    fn on_whose_behalf_is_taken_as_it_is_if_it_can_be_written_down() {
        let of = |value: &str| on_behalf_of(&headers(&[(ON_BEHALF_OF, value)]));
        assert_eq!(of("Zoë <zoe@example.org>"), Ok(Some("Zoë <zoe@example.org>".to_owned())));
        assert_eq!(of(""), Ok(None));
        assert!(of(&"x".repeat(129)).is_err());
        assert_eq!(on_behalf_of(&HeaderMap::new()), Ok(None));
    }
}
