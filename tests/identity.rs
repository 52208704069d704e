//! Callers that an identity provider vouches for: which tokens are worth something, and how the server comes by the
//! provider's keys. The keys of the provider that plays along lie in `fixtures/oidc`.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value as Json, json};
use throughline::app::access::Access;
use throughline::app::identity::Provider;
use throughline::app::{App, Origin, Timestamp};
use throughline::graphql::{Limits, Scope};
use throughline::http::keys::{Keys, Source};
use throughline::http::{self, Settings, now};
use tower::ServiceExt as _;

const ISSUER: &str = "https://id.example";
const RSA_A: &[u8] = include_bytes!("fixtures/oidc/rsa-a.der");
const RSA_B: &[u8] = include_bytes!("fixtures/oidc/rsa-b.der");
const P256: &[u8] = include_bytes!("fixtures/oidc/p256.der");
const ED25519: &[u8] = include_bytes!("fixtures/oidc/ed25519.der");
/// The second at which tokens are judged.
const NOW: u64 = 1_000_000;

fn key(name: &str) -> (EncodingKey, Algorithm) {
    match name {
        "a" => (EncodingKey::from_rsa_der(RSA_A), Algorithm::RS256),
        "a-pss" => (EncodingKey::from_rsa_der(RSA_A), Algorithm::PS384),
        "b" => (EncodingKey::from_rsa_der(RSA_B), Algorithm::RS256),
        "p256" => (EncodingKey::from_ec_der(P256), Algorithm::ES256),
        "ed25519" => (EncodingKey::from_ed_der(ED25519), Algorithm::EdDSA),
        other => panic!("no key {other}"),
    }
}

/// The public half of a key as a provider shows it, with members put in or, where they are null, taken out.
fn shown(name: &str, members: Json) -> Json {
    let (private, algorithm) = key(name);
    let mut jwk =
        serde_json::to_value(Jwk::from_encoding_key(&private, algorithm).expect("a key")).expect("JSON");
    jwk["kid"] = json!(name);
    laid_over(&mut jwk, members);
    jwk
}

fn laid_over(whole: &mut Json, members: Json) {
    let (whole, members) = (whole.as_object_mut().expect("an object"), members.as_object().cloned());
    for (name, value) in members.expect("an object") {
        whole.remove(&name);
        if !value.is_null() {
            whole.insert(name, value);
        }
    }
}

/// A token about Ada that is meant for us, with claims and members of its header put in or taken out.
fn token(name: &str, claims: Json, header: Json) -> String {
    let (private, algorithm) = key(name);
    let mut said =
        json!({"iss": ISSUER, "aud": "graph", "sub": "ada", "exp": NOW + 100, "scope": "throughline:write"});
    laid_over(&mut said, claims);
    let mut head = serde_json::to_value(Header::new(algorithm)).expect("JSON");
    head["kid"] = json!(name);
    laid_over(&mut head, header);
    let head: Header = serde_json::from_value(head).expect("a header");
    encode(&head, &said, &private).expect("signed")
}

fn provider(claim: &str) -> Provider {
    let provider = Provider::new(ISSUER.into(), "graph".into(), claim.into());
    let keys = json!({"keys": [
        shown("a", json!({"use": "sig"})),
        shown("p256", json!({})),
        shown("ed25519", json!({"alg": null})),
        shown("b", json!({"use": "enc"})),
        {"kty": "quantum", "kid": "of a sort that comes later"},
    ]});
    assert_eq!(provider.take_keys(keys.to_string().as_bytes()), Ok(3));
    provider
}

/// What a token is worth.
fn worth(token: &str) -> Option<Scope> {
    let caller = provider("scope").caller(token, Timestamp(NOW * 1000))?;
    assert_eq!(caller.name.as_deref(), Some("ada (https://id.example)"));
    Some(caller.scope)
}

#[test]
fn a_token_of_the_provider_that_is_meant_for_us_and_holds_is_worth_its_scope() {
    for name in ["a", "p256", "ed25519"] {
        assert_eq!(worth(&token(name, json!({}), json!({}))), Some(Scope::Write), "{name}");
        assert_eq!(
            worth(&token(name, json!({}), json!({"kid": null}))),
            Some(Scope::Write),
            "{name} by trying"
        );
    }
    for (claims, expected) in [
        (json!({"aud": ["other", "graph"]}), Scope::Write),
        (json!({"nbf": NOW + 59}), Scope::Write),
        (json!({"exp": NOW - 59}), Scope::Write),
        (json!({"exp": NOW as f64 + 0.5}), Scope::Write),
        (json!({"scope": "openid throughline:suggest throughline:read"}), Scope::Suggest),
        (json!({"scope": ["throughline:admin"]}), Scope::Admin),
        // Words of other programs, and none: known, and no more.
        (json!({"scope": "write admin throughline:everything"}), Scope::Nothing),
        (json!({"scope": null}), Scope::Nothing),
        (json!({"scope": {"throughline:write": true}}), Scope::Nothing),
    ] {
        assert_eq!(worth(&token("a", claims.clone(), json!({}))), Some(expected), "{claims}");
    }
}

#[test]
fn whatever_else_is_worth_nothing() {
    for claims in [
        json!({"iss": "https://other.example"}),
        json!({"iss": [ISSUER]}),
        json!({"iss": null}),
        json!({"aud": "other"}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"exp": NOW - 60}),
        json!({"exp": null}),
        json!({"exp": "tomorrow"}),
        json!({"nbf": NOW + 61}),
        json!({"nbf": "tomorrow"}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": "a\nb"}),
        json!({"sub": "a".repeat(256)}),
    ] {
        assert_eq!(worth(&token("a", claims.clone(), json!({}))), None, "{claims}");
    }
    let good = token("a", json!({}), json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let base64 = |json: Json| data_encoding::BASE64URL_NOPAD.encode(json.to_string().as_bytes());
    let admin = base64(
        json!({"iss": ISSUER, "aud": "graph", "sub": "ada", "exp": NOW + 100, "scope": "throughline:admin"}),
    );
    let none = base64(json!({"alg": "none", "typ": "JWT"}));
    // The public key as a shared secret: everybody has it.
    let public = shown("a", json!({}))["n"].as_str().expect("a modulus").to_owned();
    let secret = EncodingKey::from_secret(public.as_bytes()).expect("a secret");
    let claims = json!({"iss": ISSUER, "aud": "graph", "sub": "ada", "exp": NOW + 100});
    let confused =
        encode(&Header { kid: Some("a".into()), ..Header::new(Algorithm::HS256) }, &claims, &secret);
    for (what, token) in [
        ("another payload", format!("{}.{admin}.{}", parts[0], parts[2])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("signed by none", format!("{none}.{}.", parts[1])),
        ("signed by none, with a signature", format!("{none}.{}.{}", parts[1], parts[2])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{good}.x")),
        ("no token", "..".to_owned()),
        ("a shared secret", confused.expect("signed")),
        ("a key for other uses", token("b", json!({}), json!({}))),
        ("a key of another name", token("b", json!({}), json!({"kid": "a"}))),
        ("a key of another sort", token("p256", json!({}), json!({"kid": "a"}))),
        ("a way to sign that the key is not for", token("a-pss", json!({}), json!({"kid": "a"}))),
        (
            "a key that it brings itself",
            token("b", json!({}), json!({"kid": null, "jwk": shown("b", json!({}))})),
        ),
    ] {
        assert_eq!(worth(&token), None, "{what}");
    }
}

#[test]
fn scopes_stand_where_the_provider_puts_them() {
    let roles = json!({"scope": null, "https://example.org/roles": ["throughline:read"], "realm_access": {"roles": ["throughline:admin"]}});
    let token = token("a", roles, json!({}));
    for (claim, expected) in [
        ("realm_access.roles", Scope::Admin),
        ("https://example.org/roles", Scope::Read),
        ("realm_access", Scope::Nothing),
        ("realm_access.roles.deeper", Scope::Nothing),
    ] {
        let caller = provider(claim).caller(&token, Timestamp(NOW * 1000)).expect("known");
        assert_eq!(caller.scope, expected, "{claim}");
    }
}

#[test]
fn what_is_no_set_of_keys_changes_nothing() {
    let provider = provider("scope");
    let many = json!({"keys": vec![shown("a", json!({})); 101]}).to_string();
    for (set, said) in [
        ("{", "no JSON Web Key Set"),
        ("{}", "no list `keys`"),
        ("{\"keys\": []}", "no key for signatures"),
        ("{\"keys\": [{\"kty\": \"oct\", \"k\": \"c2VjcmV0\"}]}", "no key for signatures"),
        (many.as_str(), "100 at most"),
    ] {
        let refused = provider.take_keys(set.as_bytes()).expect_err("no keys");
        assert!(refused.contains(said), "{set:.40}: {refused}");
        assert!(provider.caller(&token("a", json!({}), json!({})), Timestamp(NOW * 1000)).is_some());
    }
    assert!(!provider.wants_keys(), "every key was known");
    provider.caller(&token("a", json!({}), json!({"kid": "new"})), Timestamp(NOW * 1000));
    assert!(provider.wants_keys() && !provider.wants_keys());
}

/// A provider over HTTP, which shows those keys, and where it is.
async fn listening(shows: Arc<Mutex<Vec<&'static str>>>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it has one"));
    let told = json!({"issuer": address, "jwks_uri": format!("{address}/keys")}).to_string();
    let keys = move || {
        let shown: Vec<Json> =
            shows.lock().expect("whole").iter().map(|name| shown(name, json!({}))).collect();
        async move { json!({"keys": shown}).to_string() }
    };
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(move || async move { told }))
        .route("/keys", get(keys));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn keys_are_fetched_where_the_provider_says_and_again_when_it_has_new_ones() {
    let shows = Arc::new(Mutex::new(vec!["a"]));
    let issuer = listening(shows.clone()).await;
    let provider = Arc::new(Provider::new(issuer.clone(), "graph".into(), "scope".into()));
    let mut keys = Keys::of(provider.clone(), Source::Discovered);
    keys.pause = std::time::Duration::ZERO;
    assert_eq!(keys.fetch().await, Ok(1));
    let access = Arc::new(Access::default().and(provider));
    let settings = Settings { access, keys: Some(keys), private: true, ..Settings::default() };
    let garden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/garden.graphql");
    let origin = Origin { schema: vec![garden.into()], data: Vec::new() };
    let app = Arc::new(App::open(&origin, Limits::default()).expect("the garden is well"));
    let router = http::router(app, &settings);
    let ask = async |name: &str, scope: &str| {
        let claims = json!({"iss": issuer, "exp": now().0 / 1000 + 100, "scope": scope});
        let request = Request::get("/graphql?query=%7B__typename%7D")
            .header(header::AUTHORIZATION, format!("Bearer {}", token(name, claims, json!({}))))
            .body(Body::empty())
            .expect("a request");
        router.clone().oneshot(request).await.expect("never fails").status()
    };
    assert_eq!(ask("a", "throughline:read").await, StatusCode::OK);
    // Who is known and has no word for a scope may not read what is closed.
    assert_eq!(ask("a", "openid").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask("b", "throughline:read").await, StatusCode::UNAUTHORIZED);
    // The provider changes its key: a token with the new one has it fetched, and the old one is worth nothing.
    *shows.lock().expect("whole") = vec!["b"];
    let new = async {
        while ask("b", "throughline:read").await != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), new).await.expect("fetched");
    assert_eq!(ask("a", "throughline:read").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn keys_that_are_not_to_be_had_are_told_with_the_reason() {
    let issuer = listening(Arc::default()).await;
    let elsewhere = Url(&format!("{issuer}/nothing"));
    for (name, source, said) in [
        (issuer.as_str(), Source::Discovered, "no key for signatures"),
        (&format!("{issuer}/"), Source::Discovered, "is of another issuer"),
        ("no address", Source::Discovered, "is no address"),
        (ISSUER, Url("http://id.example/keys").into(), "use https"),
        (ISSUER, elsewhere.into(), "404"),
        (ISSUER, Source::File("no/such/file".into()), "no/such/file"),
    ] {
        let provider = Arc::new(Provider::new(name.into(), "graph".into(), "scope".into()));
        let refused = Keys::of(provider, source).fetch().await.expect_err("none");
        assert!(refused.contains(said), "{name}: {refused}");
    }
}

/// An address in a table.
struct Url<'a>(&'a str);

impl From<Url<'_>> for Source {
    fn from(Url(text): Url<'_>) -> Source {
        Source::Address(text.parse().expect("an address"))
    }
}
