//! How much one client may ask in a while: requests, and nodes that its documents could have held by static cost.
//! Each is a bucket that fills with what is asked and drains at a steady rate (a leaky bucket as a meter, ITU-T
//! I.371); whoever finds one full is told when to come again. What an operation costs is known only once it is
//! planned, so it is put on top afterwards: a bucket may stand above its brim, and drains all the longer.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{Extensions, HeaderMap};
use quick_cache::sync::Cache;
use serde_json::json;

use super::settings::{RATE_CLIENTS, RATE_SECONDS};
use crate::graphql::{Caller, Code, GraphqlError};

/// The address at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// Whom a bucket is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Client {
    /// Whoever brings a token of that name, from wherever.
    Named(String),
    /// Whoever asks from an address; of IPv6 from a network of 64 bits, which is what one customer gets.
    At(IpAddr),
}

impl Client {
    /// Whom to count a request for; none for this machine itself, and where there is no connection.
    ///
    /// `proxies` are in front of this server, each of which puts the address that it was asked from at the end of
    /// `X-Forwarded-For`: what stands before those the client may have written itself.
    pub(super) fn of(
        extensions: &Extensions,
        headers: &HeaderMap,
        proxies: usize,
        caller: Option<&Caller>,
    ) -> Option<Client> {
        let Peer(peer) = *extensions.get()?;
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
        let forwarded: Vec<&str> = forwarded.flat_map(|list| list.split(',')).map(str::trim).collect();
        let told = proxies.checked_sub(1).and_then(|skipped| forwarded.iter().rev().nth(skipped));
        let address = told.and_then(|text| address(text)).unwrap_or(peer).to_canonical();
        if address.is_loopback() {
            return None;
        }
        match caller.and_then(|caller| caller.name.clone()) {
            Some(name) => Some(Client::Named(name)),
            None => Some(Client::At(network(address))),
        }
    }
}

/// An address as proxies write it: some with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// What has been asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMuch {
    /// Requests, or cost.
    pub(super) of: &'static str,
    /// How many a second.
    pub(super) rate: u64,
    /// When there is room again.
    pub(super) after: Duration,
}

impl TooMuch {
    /// As a client is told.
    pub(super) fn error(self) -> GraphqlError {
        let TooMuch { of, rate, after } = self;
        let after = after.as_secs() + 1;
        let message = format!(
            "this client may ask {rate} {of} a second, ten seconds' worth at once, and has asked more; come again in {after} s"
        );
        let mut error = GraphqlError::new(Code::RateLimited, message);
        error.details.push(("limit".to_owned(), json!({"name": of, "allowed": rate, "retryAfter": after})));
        error
    }
}

/// What one client has asked lately.
struct Level {
    at: Instant,
    requests: f64,
    cost: f64,
}

/// The buckets. A number of clients is kept, those that ask; a new one's are empty.
pub struct Rates {
    requests: u64,
    cost: u64,
    levels: Cache<Client, Arc<Mutex<Level>>>,
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates")
            .field("requests", &self.requests)
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

impl Rates {
    /// So many requests and nodes a second for each client, ten seconds' worth at once; 0 is no limit.
    pub fn of(requests: u64, cost: u64) -> Rates {
        Rates { requests, cost, levels: Cache::new(RATE_CLIENTS) }
    }

    /// Counts a request, if there is room for it.
    ///
    /// # Errors
    /// Which bucket is full: nothing is counted then.
    pub(super) fn admit(&self, client: &Client, now: Instant) -> Result<(), TooMuch> {
        self.at(client, now, |level| {
            let full = |of, rate: u64, level: f64| {
                let over = level - (rate as f64) * RATE_SECONDS;
                (rate > 0 && over > 0.0).then(|| TooMuch {
                    of,
                    rate,
                    after: Duration::from_secs_f64(over / rate as f64),
                })
            };
            let too_much = full("requests", self.requests, level.requests + 1.0)
                .or_else(|| full("nodes by static cost", self.cost, level.cost));
            too_much.map_or_else(
                || {
                    level.requests += 1.0;
                    Ok(())
                },
                Err,
            )
        })
    }

    /// Puts on top what an operation cost.
    pub(super) fn charge(&self, client: &Client, cost: u64, now: Instant) {
        self.at(client, now, |level| level.cost += cost as f64);
    }

    /// The level of a client, drained up to now.
    fn at<T>(&self, client: &Client, now: Instant, act: impl FnOnce(&mut Level) -> T) -> T {
        let fresh = || Ok(Arc::new(Mutex::new(Level { at: now, requests: 0.0, cost: 0.0 })));
        let Ok(level) = self.levels.get_or_insert_with::<_, std::convert::Infallible>(client, fresh);
        let mut level = level.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(level.at).as_secs_f64();
        level.at = level.at.max(now);
        level.requests = (level.requests - passed * self.requests as f64).max(0.0);
        level.cost = (level.cost - passed * self.cost as f64).max(0.0);
        act(&mut level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::Scope;

    #[test]
    fn who_asks_steadily_is_served_and_who_asks_more_is_told_when_to_come_again() {
        let rates = Rates::of(2, 100);
        let (a, b) = (Client::Named("a".into()), Client::Named("b".into()));
        let begin = Instant::now();
        let later = |ms| begin + Duration::from_millis(ms);
        for _ in 0..20 {
            assert_eq!(rates.admit(&a, begin), Ok(()), "ten seconds' worth at once");
        }
        let full = rates.admit(&a, begin).expect_err("no more");
        assert_eq!((full.of, full.rate, full.after), ("requests", 2, Duration::from_millis(500)));
        assert_eq!(rates.admit(&b, begin), Ok(()), "another one's bucket is another's");
        assert_eq!(rates.admit(&a, later(500)), Ok(()), "there is room for one");
        assert!(rates.admit(&a, later(500)).is_err());
        for second in 1..100 {
            assert_eq!(rates.admit(&a, later(500 + 1000 * second)), Ok(()));
        }
    }

    #[test]
    fn what_was_costly_is_paid_for_afterwards() {
        let rates = Rates::of(0, 100);
        let client = Client::Named("a".into());
        let begin = Instant::now();
        rates.charge(&client, 1_000, begin);
        assert_eq!(rates.admit(&client, begin), Ok(()), "full and not over");
        rates.charge(&client, 5_000, begin);
        let full = rates.admit(&client, begin).expect_err("over");
        assert_eq!((full.of, full.after), ("nodes by static cost", Duration::from_secs(50)));
        assert_eq!(rates.admit(&client, begin + Duration::from_secs(50)), Ok(()));
    }

    #[test]
    fn a_client_is_its_token_or_its_network_and_this_machine_is_none() {
        let named = Caller { name: Some("Ada".into()), scope: Scope::Read };
        let at = |text: &str| Some(Client::At(text.parse().expect("an address")));
        let ada = Some(Client::Named("Ada".into()));
        for (peer, forwarded, proxies, caller, expected) in [
            ("127.0.0.1", &[][..], 0, None, None),
            ("::1", &[], 0, Some(&named), None),
            ("::ffff:127.0.0.1", &[], 0, None, None),
            ("192.0.2.1", &[], 0, None, at("192.0.2.1")),
            ("192.0.2.1", &[], 0, Some(&named), ada),
            ("192.0.2.1", &["198.51.100.7"], 0, None, at("192.0.2.1")),
            ("2001:db8:1:2:3::4", &[], 0, None, at("2001:db8:1:2::")),
            ("127.0.0.1", &["198.51.100.7"], 1, None, at("198.51.100.7")),
            ("127.0.0.1", &["203.0.113.9, 198.51.100.7"], 1, None, at("198.51.100.7")),
            ("127.0.0.1", &["203.0.113.9", "198.51.100.7"], 2, None, at("203.0.113.9")),
            ("127.0.0.1", &["198.51.100.7:4711"], 1, None, at("198.51.100.7")),
            ("127.0.0.1", &["[2001:db8::1]:4711"], 1, None, at("2001:db8::")),
            ("192.0.2.1", &["nobody"], 1, None, at("192.0.2.1")),
            ("192.0.2.1", &[], 1, None, at("192.0.2.1")),
        ] {
            let mut extensions = Extensions::new();
            extensions.insert(Peer(peer.parse().expect("an address")));
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().expect("a value"));
            }
            let found = Client::of(&extensions, &headers, proxies, caller);
            assert_eq!(found, expected, "{peer} {forwarded:?} {proxies}");
        }
    }
}
