//! What is remembered about upstreams: the era each speaks, and our sessions at the legacy ones. All of it can
//! be lost at any time and is found out again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::id::{AccountId, IntegrationId, OrgId};
use domain::integration::template_named;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use verdict::Subject;

use crate::destination::Destinations;
use crate::gateway::StartFault;
use crate::limits::Limits;
use crate::options::GatewayOptions;
use crate::pipeline::dialect::LOG_LEVELS;
use crate::upstream::child::Lease;
use crate::upstream::children::Children;
use crate::upstream::connection::{Connection, Shown};
use crate::upstream::exchange::{self, Outgoing};
use crate::upstream::failure::Failure;
use crate::upstream::handshake::{self, short};
use crate::upstream::health::Condition;
use crate::upstream::template::{Template, Templates};

const UNKNOWN: u8 = 0;
const MODERN: u8 = 1;
const LEGACY: u8 = 2;

/// Milliseconds for a message that nobody waits for, such as a cancellation.
const FAREWELL_MS_MAX: u64 = 5_000;

/// Every upstream that was called lately.
#[derive(Debug)]
pub(crate) struct Upstreams {
    pub(crate) connection: Connection,
    pub(crate) limits: Limits,
    pub(crate) destinations: Arc<Destinations>,
    templates: Templates,
    pub(crate) children: Children,
    endpoints: Mutex<HashMap<(OrgId, IntegrationId), Arc<Endpoint>>>,
    ids: AtomicU64,
    tasks: TaskTracker,
}

/// One upstream.
#[derive(Debug)]
pub(crate) struct Endpoint {
    address: Address,
    of: (OrgId, IntegrationId),
    url: Arc<str>,
    era: AtomicU8,
    pub(crate) condition: Arc<Condition>,
    /// What a modern upstream says that it can.
    capabilities: Mutex<Option<Arc<Map<String, Value>>>>,
    asking: tokio::sync::Mutex<()>,
    sessions: Mutex<HashMap<SessionOf, Arc<Place>>>,
    /// How we show ourselves, and as of which state of the organization.
    shown: Mutex<Option<(u64, Shown)>>,
    used: Mutex<Instant>,
}

/// Where an upstream is.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Http(Uri),
    /// In processes of ours.
    Template(Arc<Template>),
}

/// Where a message goes.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Http(Uri),
    /// To this process, which does not end as long as somebody has this.
    Child(Arc<Lease>),
}

/// Whose session it is: each subject has one of their own, for each account with which they call and for all that their client
/// can be asked, since both are settled when it begins.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct SessionOf {
    pub(crate) subject: Subject,
    pub(crate) account: Option<AccountId>,
    pub(crate) takes: Map<String, Value>,
    /// What it is for alone, where what the upstream says in it outside calls is for that: a client's session, or a stream.
    pub(crate) alone: Option<Arc<str>>,
}

#[derive(Debug)]
struct Place {
    session: OnceCell<Arc<UpstreamSession>>,
    /// What is shown in it, so that nobody else's is shown when it ends.
    shown: Mutex<Shown>,
    used: Mutex<Instant>,
}

/// Our session at a legacy upstream, used by one subject alone.
#[derive(Debug)]
pub(crate) struct UpstreamSession {
    /// None at upstreams that keep no sessions.
    pub(crate) id: Option<HeaderValue>,
    pub(crate) version: &'static str,
    /// What the upstream says that it can.
    pub(crate) capabilities: Arc<Map<String, Value>>,
    /// The place in `LOG_LEVELS` from which it was asked for log messages; behind the last where it was not.
    log_level: AtomicUsize,
}

impl UpstreamSession {
    pub(crate) fn new(
        id: Option<HeaderValue>,
        version: &'static str,
        capabilities: Map<String, Value>,
    ) -> UpstreamSession {
        let log_level = AtomicUsize::new(usize::MAX);
        UpstreamSession { id, version, capabilities: Arc::new(capabilities), log_level }
    }
}

/// How a message goes to an upstream.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// Each message carries all it needs.
    Modern,
    /// Within a session.
    Legacy(Arc<UpstreamSession>),
    /// Not known yet: for the first messages of the handshake.
    Unknown,
}

impl Upstreams {
    pub(crate) fn new(
        options: &GatewayOptions,
        tasks: TaskTracker,
        closing: CancellationToken,
    ) -> Result<Upstreams, StartFault> {
        let destinations = Arc::new(options.destinations.clone());
        Ok(Upstreams {
            connection: Connection::new(options.limits.connect_ms_max, Arc::clone(&destinations))?,
            limits: options.limits.clone(),
            destinations,
            templates: options.templates.clone(),
            children: Children::new(&options.limits, tasks.clone(), closing),
            endpoints: Mutex::default(),
            ids: AtomicU64::new(1),
            tasks,
        })
    }

    /// An id that no other message of ours to any upstream has.
    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// What is remembered about an integration's upstream.
    pub(crate) fn endpoint(
        &self,
        org: OrgId,
        integration: IntegrationId,
        url: &Arc<str>,
    ) -> Result<Arc<Endpoint>, Failure> {
        let now = Instant::now();
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = endpoints.get(&(org, integration)).filter(|known| known.url == *url) {
            *known.used.lock().unwrap_or_else(PoisonError::into_inner) = now;
            return Ok(known.clone());
        }
        if endpoints.len() >= self.limits.upstreams_max {
            let used = |endpoint: &Endpoint| *endpoint.used.lock().unwrap_or_else(PoisonError::into_inner);
            let oldest = endpoints.iter().min_by_key(|(_, endpoint)| used(endpoint)).map(|(key, _)| *key);
            oldest.map(|oldest| endpoints.remove(&oldest));
        }
        let endpoint = Arc::new(Endpoint::new(self.address(url)?, url, (org, integration)));
        endpoints.insert((org, integration), endpoint.clone());
        Ok(endpoint)
    }

    /// What is remembered about an integration's upstream, where it was called lately.
    pub(crate) fn known(&self, org: OrgId, integration: IntegrationId) -> Option<Arc<Endpoint>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).get(&(org, integration)).cloned()
    }

    /// Where a URL leads to, if anything may be sent there.
    pub(crate) fn address(&self, url: &str) -> Result<Address, Failure> {
        let Some(name) = template_named(url) else {
            let uri = self.destinations.check(url).map_err(|fault| Failure::Destination(fault.to_string()))?;
            return Ok(Address::Http(uri));
        };
        let template = self.templates.get(name).ok_or_else(|| {
            Failure::Destination(format!("the operator of this installation offers no template named {}", short(name)))
        })?;
        Ok(Address::Template(template.clone()))
    }

    /// The way by which a subject's messages go, and where to, found out where it is not known.
    pub(crate) async fn route(
        &self,
        endpoint: &Arc<Endpoint>,
        shown: &Shown,
        of: SessionOf,
    ) -> Result<(Target, Route), Failure> {
        match &endpoint.address {
            Address::Template(template) => {
                let (org, integration) = endpoint.of;
                self.children.route(self, template, (shown, (org, integration, of))).await
            }
            Address::Http(uri) => {
                let route = self.route_over_http((endpoint, uri), shown, of).await?;
                Ok((Target::Http(uri.clone()), route))
            }
        }
    }

    async fn route_over_http(
        &self,
        (endpoint, uri): (&Arc<Endpoint>, &Uri),
        shown: &Shown,
        of: SessionOf,
    ) -> Result<Route, Failure> {
        let target = Target::Http(uri.clone());
        if self.era(endpoint, &target, shown).await? == MODERN {
            return Ok(Route::Modern);
        }
        let takes = of.takes.clone();
        let place = self.place((endpoint, &target), shown, of);
        *place.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        *place.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown.clone();
        let begun = place.session.get_or_try_init(|| handshake::initialize(self, &target, shown, takes)).await;
        match begun {
            Ok(session) => Ok(Route::Legacy(session.clone())),
            Err(failure) => {
                // It may be another server by now.
                endpoint.era.store(UNKNOWN, Ordering::Release);
                Err(failure)
            }
        }
    }

    async fn era(&self, endpoint: &Endpoint, target: &Target, shown: &Shown) -> Result<u8, Failure> {
        let known = endpoint.era.load(Ordering::Acquire);
        if known != UNKNOWN {
            return Ok(known);
        }
        // One asks, the others wait for what it learns.
        let _asking = endpoint.asking.lock().await;
        let known = endpoint.era.load(Ordering::Acquire);
        if known != UNKNOWN {
            return Ok(known);
        }
        let said = handshake::discover(self, target, shown).await?;
        let era = if said.is_some() { MODERN } else { LEGACY };
        *endpoint.capabilities.lock().unwrap_or_else(PoisonError::into_inner) =
            said.as_ref().map(|said| Arc::new(handshake::capabilities(said)));
        endpoint.era.store(era, Ordering::Release);
        Ok(era)
    }

    /// Asks a legacy upstream for the log messages of a session from this level on, unless it was asked for as much. Modern
    /// ones are told with every call.
    pub(crate) async fn want_logs(&self, target: &Target, (route, shown): (&Route, &Shown), level: usize) {
        let Route::Legacy(session) = route else { return };
        let wanted = session.log_level.fetch_min(level, Ordering::AcqRel) > level;
        let name = LOG_LEVELS.get(level).filter(|_| wanted && session.capabilities.contains_key("logging"));
        let Some(name) = name else { return };
        let params = json!({ "level": name });
        // Where this fails the call may do so too, and then says why; or it goes on with fewer messages.
        if handshake::ask(self, target, (route, shown), "logging/setLevel", params).await.is_err() {
            session.log_level.store(usize::MAX, Ordering::Release);
        }
    }

    fn place(&self, (endpoint, target): (&Arc<Endpoint>, &Target), shown: &Shown, of: SessionOf) -> Arc<Place> {
        let now = Instant::now();
        let idle_max = Duration::from_millis(self.limits.upstream_session_idle_ms_max);
        let mut sessions = endpoint.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let used = |place: &Place| *place.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = sessions.get(&of).filter(|place| now - used(place) < idle_max) {
            return place.clone();
        }
        let mut gone: Vec<SessionOf> =
            sessions.iter().filter(|(_, place)| now - used(place) >= idle_max).map(|(of, _)| of.clone()).collect();
        if gone.is_empty() && sessions.len() >= self.limits.upstream_sessions_max {
            gone.extend(sessions.iter().min_by_key(|(_, place)| used(place)).map(|(of, _)| of.clone()));
        }
        for of in gone {
            let Some(place) = sessions.remove(&of) else { continue };
            // The account may have ended meanwhile, and what it showed then is shown to nobody: its session ends by itself.
            if let (Some(session), None) = (place.session.get(), of.account) {
                let shown = place.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                self.say_goodbye(target, &shown, session);
            }
        }
        let place =
            Arc::new(Place { session: OnceCell::new(), shown: Mutex::new(shown.clone()), used: Mutex::new(now) });
        sessions.insert(of, place.clone());
        place
    }

    /// Forgets a session that the upstream no longer knows.
    pub(crate) fn forget_session(&self, endpoint: &Endpoint, of: &SessionOf, gone: &Arc<UpstreamSession>) {
        let mut sessions = endpoint.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |place: &Arc<Place>| place.session.get().is_some_and(|session| Arc::ptr_eq(session, gone));
        if sessions.get(of).is_some_and(same) {
            sessions.remove(of);
        }
    }

    /// Tells an upstream something on the side, without waiting for it.
    pub(crate) fn tell(&self, target: &Target, shown: &Shown, route: &Route, outgoing: Outgoing) {
        let (connection, limits) = (self.connection.clone(), self.limits.clone());
        let (target, shown, route) = (target.clone(), shown.clone(), route.clone());
        self.tasks.spawn(async move {
            let told = exchange::send(&connection, &target, (&route, &shown), &outgoing, &limits);
            if tokio::time::timeout(Duration::from_millis(FAREWELL_MS_MAX), told).await.is_err() {
                tracing::debug!(method = outgoing.method, "an upstream did not take a message in time");
            }
        });
    }

    /// Ends a session at an upstream, without waiting for it.
    pub(crate) fn say_goodbye(&self, target: &Target, shown: &Shown, session: &Arc<UpstreamSession>) {
        let (Some(id), Target::Http(uri)) = (session.id.clone(), target) else { return };
        let (connection, uri, shown) = (self.connection.clone(), uri.clone(), shown.clone());
        self.tasks.spawn(async move {
            let mut headers = HeaderMap::new();
            headers.insert("mcp-session-id", id);
            let told = connection.send(Method::DELETE, &uri, &shown, headers, Bytes::new());
            // Whether it could be ended or not, we no longer use it.
            let _ = tokio::time::timeout(Duration::from_millis(FAREWELL_MS_MAX), told).await;
        });
    }
}

impl Endpoint {
    fn new(address: Address, url: &Arc<str>, of: (OrgId, IntegrationId)) -> Endpoint {
        Endpoint {
            address,
            of,
            url: url.clone(),
            era: AtomicU8::new(UNKNOWN),
            condition: Arc::default(),
            capabilities: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            sessions: Mutex::default(),
            shown: Mutex::default(),
            used: Mutex::new(Instant::now()),
        }
    }

    /// How we show ourselves in this state of the organization, if that was found out already. A secret is only
    /// replaced together with a change of the organization, so in one state it stays the same.
    pub(crate) fn shown(&self, seq: u64) -> Option<Shown> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.as_ref().filter(|(known, _)| *known == seq).map(|(_, shown)| shown.clone())
    }

    /// Remembers how we show ourselves.
    pub(crate) fn show(&self, seq: u64, shown: Shown) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some((seq, shown));
    }

    /// What a modern upstream says that it can, where it was asked.
    pub(crate) fn capabilities(&self) -> Option<Arc<Map<String, Value>>> {
        self.capabilities.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The upstream did not behave as its era says: ask anew at the next call.
    pub(crate) fn forget_era(&self) {
        self.era.store(UNKNOWN, Ordering::Release);
    }
}
