//! A world for one test: an organization whose access changes live, a recorder that can fail or wait, a clock
//! that stands still, and the gateway on a port of its own.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use domain::command::{Command, handle};
use domain::credential::CredentialId;
use domain::grant::{Grantee, Profile};
use domain::id::{AccountId, AgentId, IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::{CredentialKind, DiscoveredTool, Hints, Integration, Slug, classify};
use domain::key::{KeyKind, KeyScope};
use domain::organization::{Organization, Stamp};
use domain::preset::Preset;
use domain::record::{Durability, Intent, Outcome, RecordRef};
use domain::role::RoleId;
use domain::time::Timestamp;
use gateway::{
    Access, Gateway, GatewayOptions, Limits, NoToken, NotOpened, Opened, Ports, RequestTold, ShownClient, Template,
    Templates, TokenWanted, ToolAsked, Trouble, Unavailable, UpstreamToken,
};
use identity::digest::KeyDigester;
use identity::key::{IssuedKey, KeyPrefix as KeyForm, PresentedKey};
use identity::keyring::Keyring;
use identity::random::{OperatingSystem, random_array};
use identity::request_state::RequestStates;
use identity::token::PresentedToken;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use verdict::{Actor, Credential, Snapshot};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::upstream::Upstream;

/// One organization.
pub(crate) struct Org {
    pub(crate) id: OrgId,
    state: Mutex<Organization>,
    snapshot: ArcSwap<Snapshot>,
    changes: watch::Sender<u64>,
}

impl Access for Org {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// Everything that happened, in order, as short lines; tests wait for lines instead of for time.
#[derive(Clone)]
pub(crate) struct Log(Arc<watch::Sender<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        let line = line.into();
        self.0.send_modify(|lines| lines.push(line));
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    pub(crate) async fn has(&self, start: &str) -> String {
        let mut lines = self.0.subscribe();
        let found = |lines: &Vec<String>| lines.iter().find(|line| line.starts_with(start)).cloned();
        let waiting = lines.wait_for(|lines| found(lines).is_some());
        let lines = tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await;
        match lines {
            Ok(lines) => found(&lines.unwrap()).unwrap(),
            Err(_) => panic!("no line begins with {start:?}: {:#?}", self.lines()),
        }
    }

    /// Waits until so many lines begin so.
    pub(crate) async fn has_times(&self, start: &str, times: usize) {
        let mut lines = self.0.subscribe();
        let enough = |lines: &Vec<String>| lines.iter().filter(|line| line.starts_with(start)).count() >= times;
        let waiting = lines.wait_for(enough);
        let found = tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.is_ok();
        assert!(found, "no {times} lines begin with {start:?}: {:#?}", self.lines());
    }

    pub(crate) fn count(&self, start: &str) -> usize {
        self.0.borrow().iter().filter(|line| line.starts_with(start)).count()
    }
}

/// The ports as tests have them.
pub(crate) struct Shared {
    pub(crate) log: Log,
    orgs: Mutex<HashMap<String, Arc<Org>>>,
    credentials: Mutex<HashMap<[u8; 32], (OrgId, KeyId)>>,
    pub(crate) clients: Mutex<HashMap<String, ShownClient>>,
    pub(crate) secrets: Mutex<HashMap<IntegrationId, String>>,
    pub(crate) tokens: Mutex<HashMap<Option<AccountId>, Vec<String>>>,
    names: Mutex<HashMap<PersonId, String>>,
    pub(crate) requests: Mutex<HashMap<String, RequestTold>>,
    pub(crate) intents: Mutex<Vec<(Intent, Option<Durability>)>>,
    pub(crate) outcomes: Mutex<Vec<(RecordRef, Outcome)>>,
    digester: KeyDigester,
    states: RequestStates,
    now: AtomicI64,
    pub(crate) recorder_broken: AtomicBool,
    /// Recording waits for a permit of this, where it was taken away.
    pub(crate) recorder_gate: Semaphore,
    /// Who wants a token waits here.
    pub(crate) token_gate: Semaphore,
}

#[derive(Clone)]
pub(crate) struct FakePorts(pub(crate) Arc<Shared>);

impl Ports for FakePorts {
    type Access = Org;

    async fn organization(&self, slug_or_id: &str) -> Result<Option<Arc<Org>>, Unavailable> {
        let orgs = self.0.orgs.lock().unwrap();
        let by_id = || orgs.values().find(|org| org.id.as_str() == slug_or_id);
        Ok(orgs.get(slug_or_id).or_else(by_id).cloned())
    }

    async fn client(&self, token: &PresentedToken<'_>) -> Result<Option<ShownClient>, Unavailable> {
        Ok(self.0.clients.lock().unwrap().get(token.reveal()).cloned())
    }

    async fn credential(&self, key: &PresentedKey<'_>) -> Result<Option<(OrgId, Credential)>, Unavailable> {
        let digest = self.0.digester.digest(key);
        self.0.log.add("looked up");
        let found = self.0.credentials.lock().unwrap().get(&digest).copied();
        Ok(found.map(|(org, key)| (org, Credential::Key { key, digest })))
    }

    async fn secret(&self, _: OrgId, id: IntegrationId) -> Result<Option<Zeroizing<String>>, Unavailable> {
        Ok(self.0.secrets.lock().unwrap().get(&id).cloned().map(Zeroizing::new))
    }

    async fn token(&self, wanted: TokenWanted) -> Result<UpstreamToken, NoToken> {
        let account = wanted.account.map_or_else(|| "application".to_owned(), |account| account.to_string());
        self.0.log.add(format!("token for {account} but {:?}", wanted.refused));
        let of_account = self.0.tokens.lock().unwrap().get(&wanted.account).cloned();
        let of_account = of_account.ok_or_else(|| NoToken::Ended("it was taken back".to_owned()))?;
        // What was asked for before the gate opened comes after.
        self.0.token_gate.acquire().await.unwrap().forget();
        self.0.token_gate.add_permits(1);
        // Each that is refused is followed by the next.
        let mark = wanted.refused.map_or(0, |refused| refused + 1);
        match of_account.get(mark as usize) {
            Some(text) => Ok(UpstreamToken { text: Zeroizing::new(text.clone()), mark }),
            None => Err(NoToken::Unavailable("it is asleep".to_owned())),
        }
    }

    async fn trouble(&self, _: OrgId, account: AccountId, trouble: Trouble) {
        self.0.log.add(format!("trouble {account} {trouble:?}"));
    }

    async fn begin(&self, intent: Intent, durability: Durability) -> Result<RecordRef, Unavailable> {
        self.0.log.add(format!("begin {}", intent.tool.as_deref().unwrap_or_default()));
        self.0.recorder_gate.acquire().await.unwrap().forget();
        self.0.recorder_gate.add_permits(1);
        if self.0.recorder_broken.load(Ordering::SeqCst) {
            return Err(Unavailable("the disk is full".to_owned()));
        }
        let mut intents = self.0.intents.lock().unwrap();
        let reference = RecordRef { org: intent.org, seq: intents.len() as u64 };
        self.0.log.add(format!("begun {}", intent.tool.as_deref().unwrap_or_default()));
        intents.push((intent, Some(durability)));
        Ok(reference)
    }

    async fn note(&self, intent: Intent) -> Result<(), Unavailable> {
        let (decision, tool) = (intent.decision.as_str(), intent.tool.clone().unwrap_or_default());
        self.0.log.add(format!("{decision} {} {tool} {}", intent.method, intent.reason));
        self.0.intents.lock().unwrap().push((intent, None));
        Ok(())
    }

    async fn finish(&self, record: RecordRef, outcome: Outcome) {
        let intent = self.0.intents.lock().unwrap()[record.seq as usize].0.clone();
        let detail = outcome.detail.clone().unwrap_or_default();
        self.0.outcomes.lock().unwrap().push((record, outcome.clone()));
        self.0.log.add(format!("finish {} {} {detail}", intent.tool.unwrap_or_default(), outcome.status.as_str()));
    }

    fn used(&self, _: OrgId, credential: CredentialId, address: Option<IpAddr>, client: Option<&str>) {
        self.0.log.add(format!("used {credential} {address:?} {}", client.unwrap_or_default()));
    }

    async fn names(&self, _: OrgId, people: &[PersonId]) -> Vec<String> {
        people.iter().filter_map(|person| self.0.names.lock().unwrap().get(person).cloned()).collect()
    }

    async fn request_told(&self, _: &Arc<Org>, _: Actor, asked: &ToolAsked) -> Option<RequestTold> {
        self.0.requests.lock().unwrap().get(&asked.tool).cloned()
    }

    async fn request_access(
        &self,
        _: &Arc<Org>,
        actor: Actor,
        asked: &ToolAsked,
        note: Option<String>,
    ) -> Result<Opened, NotOpened> {
        let (subject, note) = (actor.subject.as_str().to_owned(), note.unwrap_or_default());
        self.0.log.add(format!("asked {subject} {}/{} {note}", asked.integration, asked.tool));
        if asked.integration.is_empty() {
            let message = "there is no such tool, or you may not see it".to_owned();
            return Err(NotOpened { code: "not-found".to_owned(), message });
        }
        let waits_for = vec!["Ada".to_owned(), "Ben".to_owned()];
        Ok(Opened { id: "req_1".to_owned(), says: format!("call {}", asked.tool), waits_for })
    }

    fn arguments_digest(&self, org: OrgId, canonical: &[u8]) -> [u8; 32] {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        hash.update(org.as_str());
        hash.update(canonical);
        hash.finalize().into()
    }

    fn states(&self) -> &RequestStates {
        &self.0.states
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.0.now.load(Ordering::SeqCst))
    }
}

/// A person with a key.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) key_id: KeyId,
    pub(crate) key: String,
}

pub(crate) struct World {
    pub(crate) shared: Arc<Shared>,
    pub(crate) gateway: Arc<Gateway<FakePorts>>,
    pub(crate) org: Arc<Org>,
    pub(crate) owner: Person,
    pub(crate) base: String,
}

fn random<const N: usize>() -> [u8; N] {
    random_array(&mut OperatingSystem).unwrap()
}

fn member_role() -> RoleId {
    RoleId::parse("member").unwrap()
}

/// Limits with which nothing is tried again, so that a test sees each failure as it is.
pub(crate) fn patient() -> Limits {
    Limits { recover_ms_max: 0, ..Limits::default() }
}

impl World {
    pub(crate) async fn start(log: &Log) -> World {
        World::start_with(log, patient()).await
    }

    pub(crate) async fn start_with(log: &Log, limits: Limits) -> World {
        World::begin(log, limits, (false, Templates::default())).await
    }

    /// One in which the operator offers programs.
    pub(crate) async fn start_offering(log: &Log, limits: Limits, templates: Vec<Template>) -> World {
        World::begin(log, limits, (false, templates.into_iter().collect())).await
    }

    /// One in which people sign in.
    pub(crate) async fn start_signing_in(log: &Log) -> World {
        World::begin(log, patient(), (true, Templates::default())).await
    }

    async fn begin(log: &Log, limits: Limits, (signs_in, templates): (bool, Templates)) -> World {
        let shared = Arc::new(Shared {
            log: log.clone(),
            orgs: Mutex::default(),
            credentials: Mutex::default(),
            clients: Mutex::default(),
            secrets: Mutex::default(),
            tokens: Mutex::default(),
            names: Mutex::default(),
            requests: Mutex::default(),
            intents: Mutex::default(),
            outcomes: Mutex::default(),
            digester: KeyDigester::new(&Keyring::generate(&mut OperatingSystem).unwrap()),
            states: RequestStates::new(&Keyring::generate(&mut OperatingSystem).unwrap()),
            now: AtomicI64::new(1_000_000),
            recorder_broken: AtomicBool::new(false),
            recorder_gate: Semaphore::new(1),
            token_gate: Semaphore::new(1),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let sign_in_url = signs_in.then(|| base.clone());
        let options = GatewayOptions { limits, sign_in_url, templates, ..GatewayOptions::for_public_url(&base) };
        let gateway = Gateway::new(FakePorts(shared.clone()), options).unwrap();
        let service = gateway::router(gateway.clone()).into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move {
            use axum::serve::ListenerExt as _;
            let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
            axum::serve(listener, service).await.unwrap();
        });
        let (org, owner) = shared.found("acme", "Ada");
        World { shared, gateway, org, owner, base }
    }

    pub(crate) fn client(&self, person: &Person) -> Client {
        Client::new(&self.base, "/o/acme/mcp", &person.key)
    }

    pub(crate) fn log(&self) -> &Log {
        &self.shared.log
    }

    pub(crate) fn change(&self, command: Command) {
        self.shared.change(&self.org, command);
    }

    /// Moves the clock.
    pub(crate) fn pass_ms(&self, ms: i64) {
        self.shared.now.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        FakePorts(self.shared.clone()).now()
    }

    /// Connects an upstream under a slug, with the tools of [`crate::upstream::TOOLS`].
    pub(crate) fn connect(&self, slug: &str, upstream: &Upstream) -> IntegrationId {
        self.shared.connect(&self.org, slug, &upstream.url)
    }

    /// The integration of this slug.
    pub(crate) fn integration(&self, slug: &str) -> IntegrationId {
        self.org.snapshot().integration_by_slug(slug).unwrap().id
    }

    pub(crate) fn add_member(&self, name: &str) -> Person {
        self.shared.add_member(&self.org, name)
    }

    /// An agent with a key, whose sponsor is somebody new.
    pub(crate) fn add_agent(&self, title: &str) -> (AgentId, Person) {
        let sponsor = self.add_member("Sponsor").id;
        let (agent, title) = (AgentId::from_random(random()), title.to_owned());
        self.change(Command::CreateAgent { agent, title, sponsor, role: None, expires_at: None });
        (agent, self.agent_key(agent, None))
    }

    /// A key with which an agent acts for itself, or for somebody.
    pub(crate) fn agent_key(&self, agent: AgentId, acting_for: Option<PersonId>) -> Person {
        let key = IssuedKey::generate(KeyForm::Agent, &mut OperatingSystem).unwrap();
        self.shared.store(&self.org, PersonId::from_random(random()), KeyKind::Agent { agent, acting_for }, key)
    }

    pub(crate) fn grant(&self, person: &Person, integration: IntegrationId, profile: Profile, off: &[&str]) {
        self.change(Command::SetGrant {
            grantee: Grantee::Member(person.id),
            integration,
            profile,
            tools_off: off.iter().map(|tool| (*tool).to_owned()).collect(),
            expires_at: None,
        });
    }

    pub(crate) fn revoke(&self, person: &Person, integration: IntegrationId) {
        self.change(Command::RemoveGrant { grantee: Grantee::Member(person.id), integration });
    }

    pub(crate) fn remove(&self, person: &Person) {
        self.change(Command::RemoveMember { person: person.id });
    }
}

impl Shared {
    pub(crate) fn change(&self, org: &Org, command: Command) {
        let mut state = org.state.lock().unwrap();
        let now = Timestamp(self.now.load(Ordering::SeqCst));
        for event in handle(&state, command, now).unwrap() {
            let stamp = Stamp { seq: state.seq + 1, at: now, actor: "test".to_owned() };
            state.apply(&stamp, &event);
        }
        org.snapshot.store(Arc::new(Snapshot::compile(org.id, &state, None)));
        org.changes.send_replace(state.seq);
    }

    /// Founds an organization with an owner.
    pub(crate) fn found(&self, slug: &str, owner: &str) -> (Arc<Org>, Person) {
        let preset: Preset = toml::from_str(include_str!("../../../../presets/pipeworks.toml")).unwrap();
        let id = OrgId::from_random(random());
        let state = Organization::new();
        let org = Arc::new(Org {
            id,
            snapshot: ArcSwap::from_pointee(Snapshot::compile(id, &state, None)),
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
        });
        let person = PersonId::from_random(random());
        self.names.lock().unwrap().insert(person, owner.to_owned());
        self.change(
            &org,
            Command::CreateOrganization { name: slug.to_owned(), preset: Box::new(preset), owner: person },
        );
        self.orgs.lock().unwrap().insert(slug.to_owned(), org.clone());
        let person = self.issue(&org, person, KeyForm::Personal);
        (org, person)
    }

    pub(crate) fn add_member(&self, org: &Org, name: &str) -> Person {
        let person = PersonId::from_random(random());
        self.names.lock().unwrap().insert(person, name.to_owned());
        self.change(org, Command::AddMember { person, role: member_role() });
        self.issue(org, person, KeyForm::Personal)
    }

    pub(crate) fn workspace_key(&self, org: &Org, scope: KeyScope) -> Person {
        let key = IssuedKey::generate(KeyForm::Workspace, &mut OperatingSystem).unwrap();
        self.store(org, PersonId::from_random(random()), KeyKind::Workspace { scope, role: None }, key)
    }

    fn issue(&self, org: &Org, person: PersonId, form: KeyForm) -> Person {
        let key = IssuedKey::generate(form, &mut OperatingSystem).unwrap();
        self.store(org, person, KeyKind::Personal { holder: person }, key)
    }

    fn store(&self, org: &Org, id: PersonId, kind: KeyKind, key: IssuedKey) -> Person {
        let key_id = KeyId::from_random(random());
        let digest = self.digester.digest(&key.presented());
        let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let hint = key.presented().hint().to_owned();
        self.change(org, Command::CreateKey { key: key_id, kind, digest: hex, hint, expires_at: None });
        self.credentials.lock().unwrap().insert(digest, (org.id, key_id));
        Person { id, key_id, key: key.reveal().to_owned() }
    }

    pub(crate) fn connect(&self, org: &Org, slug: &str, url: &str) -> IntegrationId {
        let id = self.connect_with(org, (slug, url), CredentialKind::Bearer);
        self.secrets.lock().unwrap().insert(id, format!("secret-of-{slug}"));
        id
    }

    pub(crate) fn connect_with(&self, org: &Org, place: (&str, &str), credential: CredentialKind) -> IntegrationId {
        self.connect_listing(org, place, credential, crate::upstream::TOOLS)
    }

    /// The same with other tools.
    pub(crate) fn connect_listing(
        &self,
        org: &Org,
        (slug, url): (&str, &str),
        credential: CredentialKind,
        tools: &[(&str, &str)],
    ) -> IntegrationId {
        let id = IntegrationId::from_random(random());
        let integration = Integration {
            id,
            slug: Slug::parse(slug).unwrap(),
            title: slug[..1].to_uppercase() + &slug[1..],
            purpose: String::new(),
            url: url.to_owned(),
            credential,
            paused: false,
            tools: Default::default(),
            found: Default::default(),
        };
        let tools = tools.iter().map(|(name, extra)| {
            let class = classify(name, Hints::default());
            let definition = crate::upstream::definition(name, extra).into();
            DiscoveredTool {
                name: (*name).to_owned(),
                definition,
                class: class.class,
                suggested: class.suggested,
                evidence: Vec::new(),
            }
        });
        self.change(
            org,
            Command::ConnectIntegration {
                integration: Box::new(integration),
                listed: tools.collect::<Vec<_>>().into(),
            },
        );
        id
    }
}

pub(crate) fn log() -> Log {
    Log(Arc::new(watch::Sender::new(Vec::new())))
}
