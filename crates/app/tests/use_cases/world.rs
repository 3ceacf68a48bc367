//! The world of one test: a data folder, a clock, upstreams, and the application on top.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use app::grants::{GrantChange, GrantView, Receiver};
use app::integrations::{NewCredential, NewIntegration};
use app::keys::{CreatedKey, NewKeyOf, NewPersonalKey, NewWorkspaceKey};
use app::members::{AddedMember, NewMember};
use app::organizations::{Founded, Founding};
use app::ports::{
    AiClients, Clock, ListedTool, Listing, Lookup, LookupFault, Mail, MailFault, Mailer, Names, Outside, Sending,
    ToolList, UpstreamFault, Upstreams, Web,
};
use app::sign_in::Tokens;
use app::{App, Caller, Live, Problem, Quotas, Security};
use domain::grant::Profile;
use domain::id::{OrgId, PersonId};
use domain::integration::CredentialKind;
use domain::key::KeyScope;
use domain::time::Timestamp;
use identity::digest::KeyDigester;
use identity::keyring::Keyring;
use identity::random::OperatingSystem;
use identity::seal::Sealer;
use journal::{Journal, Options, StoredEvent, StreamId};
use tempfile::TempDir;
use verdict::{Action, Question};

use crate::provider::FakeProvider;

pub(crate) const OWNER: &str = "olivia.quartz@acme.example";
pub(crate) const ADMIN: &str = "adam.feldspar@acme.example";
pub(crate) const MEMBER: &str = "mona.gneiss@acme.example";
/// The tools that stripe lists, each of a class that its name and hints speak for.
pub(crate) const STRIPE: [&str; 3] = ["list_customers", "create_refund", "delete_customer"];

#[derive(Default)]
pub(crate) struct HandClock {
    ms: AtomicI64,
    /// How often it is looked at before it jumps; none where it does not.
    looks: AtomicUsize,
    jump_ms: AtomicI64,
}

impl HandClock {
    pub(crate) fn advance_ms(&self, ms: i64) {
        self.ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Lets it jump when it has been looked at so often from now on.
    pub(crate) fn jump_at(&self, looks: usize, ms: i64) {
        self.jump_ms.store(ms, Ordering::SeqCst);
        self.looks.store(looks, Ordering::SeqCst);
    }

    /// How often it will still be looked at before it jumps.
    pub(crate) fn looks_left(&self) -> usize {
        self.looks.load(Ordering::SeqCst)
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        let fewer = |looks: usize| looks.checked_sub(1);
        if self.looks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer) == Ok(1) {
            self.advance_ms(self.jump_ms.load(Ordering::SeqCst));
        }
        Timestamp(self.ms.load(Ordering::SeqCst))
    }
}

/// Upstreams by URL; whoever is not here does not answer. Remembers the secrets that were shown to them.
#[derive(Default)]
pub(crate) struct FakeUpstreams {
    tools: Mutex<HashMap<String, Vec<String>>>,
    pub(crate) shown: Mutex<Vec<Option<String>>>,
}

impl FakeUpstreams {
    pub(crate) fn lists(&self, url: &str, tools: &[&str]) {
        self.tools.lock().unwrap().insert(url.to_owned(), tools.iter().map(|tool| (*tool).to_owned()).collect());
    }
}

impl Upstreams for FakeUpstreams {
    fn list_tools<'l>(&'l self, url: &'l str, _: &'l CredentialKind, secret: Option<&'l str>) -> Listing<'l> {
        self.shown.lock().unwrap().push(secret.map(str::to_owned));
        let listed = self.tools.lock().unwrap().get(url).cloned();
        Box::pin(async move {
            let gone = || UpstreamFault { field: "url", message: "nothing answers there".to_owned(), challenge: None };
            let listed = listed.ok_or_else(gone)?.into_iter();
            let definition = |name: &str| format!(r#"{{"name":"{name}","description":"does {name}"}}"#);
            let tools = listed.map(|name| ListedTool { definition: definition(&name), name }).collect();
            Ok(ToolList { tools, left_out: Vec::new() })
        })
    }

    fn templates(&self) -> Vec<app::ports::TemplateOffered> {
        Vec::new()
    }

    fn open_for(&self, _: domain::id::OrgId, _: verdict::Subject) -> u32 {
        0
    }
}

/// The DNS: what stands under which name, and whether it answers at all.
#[derive(Default)]
pub(crate) struct FakeNames {
    pub(crate) records: Mutex<HashMap<String, Vec<String>>>,
    pub(crate) silent: Mutex<bool>,
    pub(crate) asked: AtomicUsize,
}

impl Names for FakeNames {
    fn text_records<'l>(&'l self, name: &'l str) -> Lookup<'l> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let found = self.records.lock().unwrap().get(name).cloned().unwrap_or_default();
        let answer = if *self.silent.lock().unwrap() { Err(LookupFault("no answer".to_owned())) } else { Ok(found) };
        Box::pin(async { answer })
    }
}

/// Takes mail, or refuses it with the faults that are waiting.
#[derive(Default)]
pub(crate) struct FakeMailer {
    pub(crate) taken: Mutex<Vec<(String, String)>>,
    pub(crate) faults: Mutex<Vec<MailFault>>,
}

impl Mailer for FakeMailer {
    fn send<'m>(&'m self, mail: &'m Mail) -> Sending<'m> {
        let fault = self.faults.lock().unwrap().pop();
        Box::pin(async move {
            match fault {
                Some(fault) => Err(fault),
                None => {
                    self.taken.lock().unwrap().push((mail.to.clone(), mail.text.clone()));
                    Ok(())
                }
            }
        })
    }
}

/// One test's world.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) upstreams: Arc<FakeUpstreams>,
    pub(crate) names: Arc<FakeNames>,
    pub(crate) mailer: Arc<FakeMailer>,
    pub(crate) provider: Arc<FakeProvider>,
    keyring: String,
    folder: TempDir,
}

impl World {
    /// An empty folder.
    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::generate(&mut OperatingSystem).unwrap().to_text().to_string();
        let (clock, upstreams) = (Arc::<HandClock>::default(), Arc::<FakeUpstreams>::default());
        clock.advance_ms(1_700_000_000_000);
        upstreams.lists("https://stripe.example/mcp", &STRIPE);
        upstreams.lists("https://mail.example/mcp", &["send_mail"]);
        let (mailer, provider) = (Arc::<FakeMailer>::default(), Arc::<FakeProvider>::default());
        let names = Arc::<FakeNames>::default();
        let outside = outside((&clock, &upstreams, &names), (&mailer, &provider));
        let (journal, app) = start(&folder, &keyring, outside);
        World { app, journal, clock, upstreams, names, mailer, provider, keyring, folder }
    }

    /// Ends the process in an orderly way and starts it again on the same folder.
    pub(crate) async fn restart(&mut self) {
        self.journal.close().await;
        let outside = self.outside();
        (self.journal, self.app) = start(&self.folder, &self.keyring, outside);
    }

    /// From now on it reaches these servers, and is reached itself under that URL.
    pub(crate) fn reaches(&mut self, servers: Arc<dyn Web>, public_url: &str) {
        let clients = AiClients { documents: Some(servers), ..AiClients::default() };
        let outside = Outside { clients, public_url: Some(public_url.to_owned()), ..self.outside() };
        self.app = App::new(self.journal.clone(), outside, security(&self.keyring), Quotas::default());
    }

    fn outside(&self) -> Outside {
        outside((&self.clock, &self.upstreams, &self.names), (&self.mailer, &self.provider))
    }

    /// Where the journal is.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Another application on the same journal: another writer, whose memory falls behind.
    pub(crate) fn another_writer(&self) -> App {
        let outside = self.outside();
        App::new(self.journal.clone(), outside, security(&self.keyring), Quotas::default())
    }

    /// Another application on the same journal, without mail and providers.
    pub(crate) fn without_ways_to_show_addresses(&self) -> App {
        let outside = self.outside();
        let outside = Outside { mailer: None, providers: None, ..outside };
        App::new(self.journal.clone(), outside, security(&self.keyring), Quotas::default())
    }

    pub(crate) async fn found(&self, name: &str, owner_email: &str) -> Result<Founded, Problem> {
        let (owner_email, owner_name) = (owner_email.to_owned(), Some("Olivia Quartz".to_owned()));
        self.app
            .found_organization(Founding {
                name: name.to_owned(),
                slug: None,
                preset: Some("pipeworks".to_owned()),
                owner_email,
                owner_name,
            })
            .await
    }

    /// Acme with its owner, an admin and a member, stripe and mail connected, nothing given to anybody.
    pub(crate) async fn acme(&self) -> Acme {
        let founded = self.found("Acme", OWNER).await.unwrap();
        let owner_key = founded.key.reveal().to_owned();
        let owner = self.caller(&owner_key).await;
        let admin = self.add(&owner, ADMIN, "Adam Feldspar", "admin").await.unwrap();
        let member = self.add(&owner, MEMBER, "Mona Gneiss", "member").await.unwrap();
        self.connect(&owner, "stripe", Some("sk_live_topaz")).await.unwrap();
        self.connect(&owner, "mail", None).await.unwrap();
        Acme {
            org: founded.org,
            owner: self.caller(&owner_key).await,
            admin: self.caller(first_key(&admin)).await,
            member: self.caller(first_key(&member)).await,
            member_id: member.member.person,
            owner_key,
            admin_key: first_key(&admin).to_owned(),
            member_key: first_key(&member).to_owned(),
        }
    }

    pub(crate) async fn caller(&self, key: &str) -> Caller {
        self.app.authenticate(key).await.unwrap()
    }

    pub(crate) async fn add(&self, by: &Caller, email: &str, name: &str, role: &str) -> Result<AddedMember, Problem> {
        let (email, name, role) = (email.to_owned(), name.to_owned(), Some(role.to_owned()));
        self.app.add_member(by, NewMember { email, name, role, key_label: Some("Laptop of jasper".to_owned()) }).await
    }

    pub(crate) async fn connect(&self, by: &Caller, slug: &str, secret: Option<&str>) -> Result<(), Problem> {
        let kind = if secret.is_some() { CredentialKind::Bearer } else { CredentialKind::None };
        let new = NewIntegration {
            slug: Some(slug.to_owned()),
            title: slug.to_uppercase(),
            purpose: "for the work".to_owned(),
            url: format!("https://{slug}.example/mcp"),
            credential: NewCredential { kind, secret: secret.map(str::to_owned) },
        };
        self.app.connect_integration(by, new).await.map(|_| ())
    }

    pub(crate) async fn give(
        &self,
        by: &Caller,
        to: Receiver<'_>,
        integration: &str,
        profile: Profile,
    ) -> Result<GrantView, Problem> {
        let change = GrantChange { profile: Some(profile), ..GrantChange::default() };
        self.app.set_grant(by, to, integration, change).await
    }

    pub(crate) async fn personal_key(&self, by: &Caller, ends: Option<Timestamp>) -> Result<CreatedKey, Problem> {
        let own = NewKeyOf::Personal(NewPersonalKey { holder: None });
        self.app.create_key(by, "Phone of jasper", own, ends).await
    }

    pub(crate) async fn workspace_key(&self, by: &Caller, scope: KeyScope) -> Result<CreatedKey, Problem> {
        let of = NewKeyOf::Workspace(NewWorkspaceKey { scope: Some(scope), role: None });
        self.app.create_key(by, "Bot of jasper", of, None).await
    }

    /// Whether the caller's next call of a tool would go out, asked as the gateway does.
    pub(crate) fn may_call(&self, caller: &Caller, integration: &str, tool: &str) -> bool {
        let action = Action::CallTool { integration, tool };
        let question = Question { actor: &caller.actor, action, now: self.app.now() };
        caller.live.snapshot().evaluate(&question).is_allowed()
    }

    /// Everything in a stream, from its beginning.
    pub(crate) async fn events(&self, stream: impl Into<StreamId>) -> Vec<StoredEvent> {
        self.journal.read(stream.into(), 0, 10_000).await.unwrap()
    }

    /// Where both streams stand, to see that nothing was written.
    pub(crate) async fn heads(&self, org: OrgId) -> (u64, u64, String) {
        let live = self.live(org).await;
        let (of_org, of_all) = (self.journal.head(org.into()).await, self.journal.head(StreamId::Directory).await);
        (of_org.unwrap(), of_all.unwrap(), format!("{:?}", live.snapshot()))
    }

    pub(crate) async fn live(&self, org: OrgId) -> Arc<Live> {
        self.app.organization(org.as_str()).await.unwrap().unwrap()
    }
}

fn start(folder: &TempDir, keyring: &str, outside: Outside) -> (Journal, App) {
    let journal = Journal::open(folder.path(), Options::default()).unwrap();
    let app = App::new(journal.clone(), outside, security(keyring), Quotas::default());
    (journal, app)
}

fn outside(
    (clock, upstreams, names): (&Arc<HandClock>, &Arc<FakeUpstreams>, &Arc<FakeNames>),
    (mailer, provider): (&Arc<FakeMailer>, &Arc<FakeProvider>),
) -> Outside {
    Outside {
        clock: clock.clone(),
        upstreams: upstreams.clone(),
        names: names.clone(),
        mailer: Some(mailer.clone()),
        providers: Some(provider.set_up()),
        clients: AiClients::default(),
        public_url: Some("https://gate.acme.example".to_owned()),
    }
}

fn security(keyring: &str) -> Security {
    let keyring = Keyring::parse(keyring).unwrap();
    Security {
        digester: KeyDigester::new(&keyring),
        tokens: Tokens::new(&keyring),
        sealer: Sealer::new(&keyring),
        random: Box::new(OperatingSystem),
    }
}

pub(crate) fn first_key(added: &AddedMember) -> &str {
    added.key.as_ref().map(|(_, key)| key.reveal()).unwrap()
}

/// A small company, everybody signed in.
pub(crate) struct Acme {
    pub(crate) org: OrgId,
    pub(crate) owner: Caller,
    pub(crate) admin: Caller,
    pub(crate) member: Caller,
    pub(crate) member_id: PersonId,
    pub(crate) owner_key: String,
    pub(crate) admin_key: String,
    pub(crate) member_key: String,
}

/// The stable code of what went wrong, whatever kind of answer it is.
pub(crate) fn code_of<T: std::fmt::Debug>(answer: Result<T, Problem>) -> &'static str {
    match answer.expect_err("this must not work") {
        Problem::Unauthenticated { .. } => "unauthenticated",
        Problem::Denied { explanation, .. } => explanation.code,
        Problem::Missing { .. } => "missing",
        Problem::Refused(refusal) => refusal.code,
        Problem::Invalid { field, .. } => field,
        Problem::Moved { .. } => "moved",
        Problem::Busy { .. } => "one-at-a-time",
        problem => panic!("broken: {problem}"),
    }
}
