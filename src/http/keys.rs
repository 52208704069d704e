//! Where the keys of an identity provider come from: a file, an address, or the address that the provider itself
//! tells (OpenID Connect Discovery 1.0). They are fetched when the server starts, every hour, and when a token names
//! one that is not known; never while a request waits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use url::{Host, Url};

use super::Shared;
use crate::app::identity::Provider;

/// How often keys are fetched when nothing asks for it: what a provider takes back is taken back here after that.
const EVERY: Duration = Duration::from_secs(3600);
/// How long a fetch may take, and how long after one the next may begin: anyone can send tokens with made-up keys.
const TIME: Duration = Duration::from_secs(10);
/// Bytes of a set of keys, and of what discovery tells.
const BYTES: u64 = 1 << 20;

/// Where keys are.
#[derive(Clone, Debug)]
pub enum Source {
    /// In a file.
    File(PathBuf),
    /// At an address.
    Address(Url),
    /// Where the provider says.
    Discovered,
}

/// A provider's keys, and where they are.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Whose they are.
    pub provider: Arc<Provider>,
    /// Where they are.
    pub source: Source,
    /// Rung when a token names a key that is not known.
    pub wanted: Arc<Notify>,
    /// How long after a fetch the next may begin.
    pub pause: Duration,
}

impl Keys {
    /// The keys of a provider at a place.
    pub fn of(provider: Arc<Provider>, source: Source) -> Keys {
        Keys { provider, source, wanted: Arc::default(), pause: TIME }
    }

    /// Fetches them, and says how many there are.
    ///
    /// # Errors
    /// Where they are not to be had, and why; those that are known stay.
    pub async fn fetch(&self) -> Result<usize, String> {
        let keys = self.clone();
        let fetched = tokio::task::spawn_blocking(move || keys.provider.take_keys(&keys.read()?)).await;
        fetched.unwrap_or_else(|_| Err("the fetch failed for a reason of ours".to_owned()))
    }

    fn read(&self) -> Result<Vec<u8>, String> {
        match &self.source {
            Source::File(path) => crate::app::identity::read_keys(path).map_err(|fault| fault.to_string()),
            Source::Address(address) => get(address),
            Source::Discovered => {
                let issuer = self.provider.issuer();
                let told = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
                let told = Url::parse(&told).map_err(|e| format!("`{issuer}` is no address: {e}"))?;
                let json: serde_json::Value = serde_json::from_slice(&get(&told)?)
                    .map_err(|e| format!("what {told} tells is no JSON: {e}"))?;
                if json["issuer"].as_str() != Some(issuer) {
                    return Err(format!("{told} is of another issuer than {issuer}"));
                }
                let keys = json["jwks_uri"].as_str().and_then(|address| Url::parse(address).ok());
                get(&keys.ok_or_else(|| format!("{told} tells no `jwks_uri`"))?)
            }
        }
    }
}

/// What is at an address. Keys decide who may write: what could have been changed on the way is not taken.
fn get(address: &Url) -> Result<Vec<u8>, String> {
    let here = match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if address.scheme() != "https" && !here {
        return Err(format!("{address} is not fetched over https; use https, or a file"));
    }
    let config = ureq::Agent::config_builder().timeout_global(Some(TIME)).max_redirects(0).build();
    let failed = |e: ureq::Error| format!("{address} cannot be fetched: {e}");
    let mut response = ureq::Agent::new_with_config(config).get(address.as_str()).call().map_err(failed)?;
    response.body_mut().with_config().limit(BYTES).read_to_vec().map_err(failed)
}

/// Keeps the keys fresh for as long as the server is there.
pub(super) fn keep(shared: &Shared) {
    let Some(keys) = shared.settings.keys.clone() else { return };
    let server = Arc::downgrade(shared);
    tokio::spawn(async move {
        while server.strong_count() > 0 {
            tokio::time::sleep(keys.pause).await;
            // Whether it is rung or late does not matter.
            let _ = tokio::time::timeout(EVERY, keys.wanted.notified()).await;
            match keys.fetch().await {
                Ok(count) => tracing::info!(target: "access", count, "keys of the identity provider"),
                Err(why) => {
                    tracing::error!(target: "access", %why, "the keys of the identity provider stay as they were");
                }
            }
        }
    });
}
