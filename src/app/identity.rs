//! Whoever an identity provider vouches for: JSON Web Tokens by OpenID Connect (RFC 7519, RFC 9068), judged with the
//! provider's public keys. Nothing is asked of the provider while a request waits; its keys come in from outside.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value as Json};

use crate::graphql::{Caller, Scope};
use crate::ontology::Fault;
use crate::store::Timestamp;

/// How a token may be signed: with a key of which the public half is enough to check it. What is signed with a shared
/// secret (HS…) could be made by whoever may check it, and by whoever passes the public key off as a secret.
const SIGNED: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// Seconds that the clocks of the provider and of this server may be apart.
const LEEWAY: u64 = 60;
/// Keys of one provider: some have a handful.
const KEYS: usize = 100;
/// Letters of a subject, by OpenID Connect Core section 2.
const SUBJECT: usize = 255;
/// How the words for scopes begin in a claim: other programs have scopes named `write`, too.
const PREFIX: &str = "throughline:";

/// A provider, whose tokens are taken if they are meant for this server.
pub struct Provider {
    issuer: String,
    audience: String,
    claim: String,
    keys: RwLock<Vec<Key>>,
    /// Whether a token named a key that is not there: the provider may have new ones.
    stale: AtomicBool,
}

/// A key as it is used.
struct Key {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    family: AlgorithmFamily,
    public: DecodingKey,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Provider {
    /// The provider of that name (`iss`), for tokens meant for `audience` (`aud`), whose scopes are in `claim`: a
    /// claim's name, or a path to it with dots. It has no keys yet.
    pub fn new(issuer: String, audience: String, claim: String) -> Provider {
        Provider { issuer, audience, claim, keys: RwLock::default(), stale: AtomicBool::new(false) }
    }

    /// Its name.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Takes the provider's keys, a JSON Web Key Set (RFC 7517), in the place of those it had. Keys for other uses, and
    /// of sorts that are not known here, are left out. Gives how many there are.
    ///
    /// # Errors
    /// What is wrong with the set; the keys are those from before, then.
    pub fn take_keys(&self, json: &[u8]) -> Result<usize, String> {
        let mut set: Json =
            serde_json::from_slice(json).map_err(|e| format!("this is no JSON Web Key Set: {e}"))?;
        let Json::Array(all) = set["keys"].take() else {
            return Err("this is no JSON Web Key Set: it has no list `keys`".to_owned());
        };
        if all.len() > KEYS {
            return Err(format!("there are {} keys, and {KEYS} at most are looked at", all.len()));
        }
        // One by one: a key of a new sort is no reason to do without the others.
        let jwks = all.into_iter().filter_map(|one| serde_json::from_value::<Jwk>(one).ok());
        let keys: Vec<Key> = jwks.filter_map(|jwk| key(&jwk)).collect();
        if keys.is_empty() {
            return Err(
                "there is no key for signatures that is known here (RSA, P-256, P-384, Ed25519)".into()
            );
        }
        let count = keys.len();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(count)
    }

    /// Whether a token has named a key that is not there, since this was asked last.
    pub fn wants_keys(&self) -> bool {
        self.stale.swap(false, Ordering::Relaxed)
    }

    /// Whoever a token is about; none where it is worth nothing, whatever the reason. One without a word for a scope
    /// is known and may do what anyone may: [`Scope::Nothing`] here. Cost: one signature, some tenth of a millisecond.
    pub fn caller(&self, token: &str, at: Timestamp) -> Option<Caller> {
        let header = decode_header(token).ok()?;
        if !SIGNED.contains(&header.alg) || header.crit.is_some() {
            return None;
        }
        let claims = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            let fits = |key: &&Key| {
                key.family == header.alg.family() && key.algorithm.is_none_or(|only| only == header.alg)
            };
            let named = |key: &&Key| header.kid.is_none() || key.id == header.kid;
            if !keys.iter().any(|key| named(&key)) {
                self.stale.store(true, Ordering::Relaxed);
            }
            let mut validation = Validation::new(header.alg);
            validation.set_issuer(&[&self.issuer]);
            validation.set_audience(&[&self.audience]);
            validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
            // Times are judged below, by the clock that comes in from outside.
            validation.validate_exp = false;
            let judge = |key: &Key| decode::<Map<String, Json>>(token, &key.public, &validation).ok();
            keys.iter().filter(named).filter(fits).find_map(judge)?.claims
        };
        // A provider has one name; a list of them is nothing that OpenID Connect knows.
        if claims.get("iss").and_then(Json::as_str) != Some(&self.issuer) || !is_now(&claims, at.0 / 1000) {
            return None;
        }
        let subject = claims.get("sub").and_then(Json::as_str)?;
        if subject.is_empty() || subject.len() > SUBJECT || subject.chars().any(char::is_control) {
            return None;
        }
        // With the provider's name: nobody there is taken for somebody with a token of ours.
        Some(Caller { name: Some(format!("{subject} ({})", self.issuer)), scope: self.scope(&claims) })
    }

    /// The widest scope that the claim names.
    fn scope(&self, claims: &Map<String, Json>) -> Scope {
        let whole = claims.get(&self.claim);
        let along = || {
            let mut steps = self.claim.split('.');
            let first = claims.get(steps.next()?)?;
            steps.try_fold(first, |at, step| at.get(step))
        };
        let words: BTreeSet<&str> = match whole.or_else(along) {
            Some(Json::String(text)) => text.split_ascii_whitespace().collect(),
            Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).collect(),
            _ => BTreeSet::new(),
        };
        let scopes = words.into_iter().filter_map(|word| Scope::parse(word.strip_prefix(PREFIX)?));
        scopes.max().unwrap_or(Scope::Nothing)
    }
}

/// Whether a token holds at that second.
fn is_now(claims: &Map<String, Json>, now: u64) -> bool {
    let time = |name: &str| claims.get(name).map(|at| at.as_f64().filter(|at| at.is_finite()));
    let (now, leeway) = (now as f64, LEEWAY as f64);
    let ends = matches!(time("exp"), Some(Some(end)) if now < end + leeway);
    let begun = match time("nbf") {
        None => true,
        Some(begin) => begin.is_some_and(|begin| begin <= now + leeway),
    };
    ends && begun
}

/// A key of a set, where it is one for signatures that is known here.
fn key(jwk: &Jwk) -> Option<Key> {
    if jwk.common.public_key_use.as_ref().is_some_and(|used| *used != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match jwk.common.key_algorithm {
        // Some sets name no algorithm; what is named and not known is for something else.
        Some(named) => Some(known(named)?),
        None => None,
    };
    let public = DecodingKey::from_jwk(jwk).ok()?;
    let family = public.family();
    (family != AlgorithmFamily::Hmac).then(|| Key {
        id: jwk.common.key_id.clone(),
        algorithm,
        family,
        public,
    })
}

fn known(named: KeyAlgorithm) -> Option<Algorithm> {
    let algorithm = named.to_string().parse().ok()?;
    SIGNED.contains(&algorithm).then_some(algorithm)
}

/// A set of keys from a file.
///
/// # Errors
/// The system's reason.
pub fn read_keys(path: &Path) -> Result<Vec<u8>, Fault> {
    crate::io::read_bytes(path)
}
