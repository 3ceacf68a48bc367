//! A made-up company of any size: its events, and what is needed to ask about it.
//!
//! It is built from events, as a data folder is; nothing here knows how a question is answered.

use std::collections::BTreeSet;

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, OrgId, PersonId};
use domain::integration::{CredentialKind, DiscoveredTool, Integration, Slug, ToolClass};
use domain::key::KeyKind;
use domain::organization::{GrantsTo, Organization, SettingChange, Stamp};
use domain::preset::Preset;
use domain::role::{Role, RoleId};
use domain::time::Timestamp;

use crate::draw::Draw;
use crate::tools::{self, tool_names};

/// The moment at which everything is asked.
pub(crate) const NOW: Timestamp = Timestamp(1_795_000_000_000);
/// One member in this many is an admin, who may use everything.
const ADMIN_ONE_IN: usize = 500;
/// Integrations that a member is given at most.
const GIVEN_MAX: usize = 8;
/// One grant in this many has single tools switched off.
const SWITCHED_ONE_IN: usize = 10;

/// How integrations are given.
#[derive(Clone, Copy)]
pub(crate) enum Giving {
    /// Each member has some of their own, in any measure, some with single tools off.
    Scattered,
    /// Each member has one of so many jobs, and each job comes with so many integrations, all in full.
    ByJob { jobs: usize, integrations: usize },
}

/// How large a company is to be.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) members: usize,
    pub(crate) integrations: usize,
    pub(crate) tools_each: usize,
    pub(crate) giving: Giving,
}

/// What a member was given of an integration.
pub(crate) struct Given {
    pub(crate) integration: usize,
    pub(crate) profile: Profile,
    /// Places of the tools that are off.
    pub(crate) off: BTreeSet<usize>,
}

pub(crate) struct Member {
    pub(crate) person: PersonId,
    pub(crate) key: KeyId,
    pub(crate) digest: [u8; 32],
    /// An owner or admin, who may use everything.
    pub(crate) uses_everything: bool,
    pub(crate) job: usize,
    pub(crate) given: Vec<Given>,
}

pub(crate) struct Service {
    pub(crate) id: IntegrationId,
    pub(crate) slug: String,
    pub(crate) tools: Vec<(String, ToolClass)>,
}

/// The company: whom and what there is, and every event that made it.
pub(crate) struct Company {
    pub(crate) org: OrgId,
    pub(crate) members: Vec<Member>,
    pub(crate) services: Vec<Service>,
    /// For each job, the places of the integrations that come with it.
    pub(crate) jobs: Vec<Vec<usize>>,
    pub(crate) events: Vec<Event>,
}

impl Company {
    /// Makes a company; `url` is where all its integrations are.
    pub(crate) fn of(size: Size, url: &str) -> Company {
        let mut draw = Draw::new(7);
        let services: Vec<Service> =
            (0..size.integrations).map(|place| service(place, size.tools_each, &mut draw)).collect();
        let jobs = match size.giving {
            Giving::ByJob { jobs, integrations } => {
                (0..jobs).map(|_| distinct(&mut draw, integrations, size.integrations)).collect()
            }
            _ => Vec::new(),
        };
        let mut company =
            Company { org: OrgId::from_random(draw.bytes()), members: Vec::new(), services, jobs, events: Vec::new() };
        for place in 0..size.members {
            let member = company.member(place, size.giving, &mut draw);
            company.members.push(member);
        }
        company.events = company.events(url);
        company
    }

    fn member(&self, place: usize, giving: Giving, draw: &mut Draw) -> Member {
        let by_job = !self.jobs.is_empty();
        let uses_everything = place == 0 || (!by_job && place % ADMIN_ONE_IN == 1);
        let job = if by_job { draw.below(self.jobs.len()) } else { 0 };
        let given = match (uses_everything, self.jobs.get(job)) {
            (true, _) => Vec::new(),
            (false, Some(of_job)) => {
                let whole = |integration: &usize| Given {
                    integration: *integration,
                    profile: Profile::Full,
                    off: BTreeSet::new(),
                };
                of_job.iter().map(whole).collect()
            }
            (false, None) => {
                let many = 1 + draw.below(GIVEN_MAX.min(self.services.len()));
                let places = distinct(draw, many, self.services.len());
                places.into_iter().map(|integration| self.given(integration, giving, draw)).collect()
            }
        };
        let (person, key) = (PersonId::from_random(draw.bytes()), KeyId::from_random(draw.bytes()));
        Member { person, key, digest: draw.bytes(), uses_everything, job, given }
    }

    fn given(&self, integration: usize, giving: Giving, draw: &mut Draw) -> Given {
        let profile = Profile::ALL[draw.below(Profile::ALL.len())];
        let mut off = BTreeSet::new();
        if matches!(giving, Giving::Scattered) && draw.one_in(SWITCHED_ONE_IN) {
            let tools = self.services[integration].tools.len();
            off.extend((0..3).map(|_| draw.below(tools)));
        }
        Given { integration, profile, off }
    }

    fn events(&self, url: &str) -> Vec<Event> {
        let owner = self.members[0].person;
        let found = Command::CreateOrganization { name: "Measured".to_owned(), preset: Box::new(preset()), owner };
        let mut events = command::handle(&Organization::new(), found, NOW).expect("the preset makes an organization");
        for service in &self.services {
            events.extend(connected(service, url));
        }
        events.extend(self.job_events(&events));
        for (place, member) in self.members.iter().enumerate() {
            if place > 0 {
                let role = match (member.uses_everything, self.jobs.is_empty()) {
                    (true, _) => role_named("admin"),
                    (false, true) => role_named("member"),
                    (false, false) => job_role(member.job),
                };
                events.push(Event::MemberAdded { person: member.person, role });
            }
            let kind = KeyKind::Personal { holder: member.person };
            let digest = identity::digest::hexadecimal(&member.digest);
            events.push(Event::KeyCreated { key: member.key, kind, digest, hint: "0000".to_owned(), expires_at: None });
            // Who has a job is given nothing themselves: the job's role has it.
            let own = member.given.iter().filter(|_| self.jobs.is_empty());
            events.extend(own.map(|given| {
                let service = &self.services[given.integration];
                Event::GrantSet {
                    grantee: Grantee::Member(member.person),
                    integration: service.id,
                    profile: given.profile,
                    tools_off: given.off.iter().map(|tool| service.tools[*tool].0.clone()).collect(),
                    expires_at: None,
                }
            }));
        }
        events
    }

    /// A role for each job, and what comes with it.
    fn job_events(&self, founding: &[Event]) -> Vec<Event> {
        if self.jobs.is_empty() {
            return Vec::new();
        }
        let member = founding.iter().find_map(|event| match event {
            Event::RoleDefined(role) if role.id == role_named("member") => Some(role),
            _ => None,
        });
        let member = member.expect("the preset has this role");
        let to_all = SettingChange::GrantsTo(BTreeSet::from(GrantsTo::ALL));
        let mut events = vec![Event::SettingChanged(to_all)];
        for (job, services) in self.jobs.iter().enumerate() {
            let role = Role { id: job_role(job), title: format!("Job {job}"), ..member.clone() };
            events.push(Event::RoleDefined(role));
            events.extend(services.iter().map(|service| Event::GrantSet {
                grantee: Grantee::Role(job_role(job)),
                integration: self.services[*service].id,
                profile: Profile::Full,
                tools_off: BTreeSet::new(),
                expires_at: None,
            }));
        }
        events
    }

    /// The state that the events lead to.
    pub(crate) fn state(&self) -> Organization {
        let mut state = Organization::new();
        for (seq, event) in (1..).zip(&self.events) {
            state.apply(&Stamp { seq, at: NOW, actor: "operator".to_owned() }, event);
        }
        state
    }

    /// How many grants there are.
    pub(crate) fn grants(&self) -> usize {
        self.members.iter().map(|member| member.given.len()).sum()
    }
}

/// The preset that every company is made from.
pub(crate) fn preset() -> Preset {
    toml::from_str(include_str!("../../../presets/pipeworks.toml")).expect("the preset is part of the repository")
}

pub(crate) fn role_named(name: &str) -> RoleId {
    RoleId::parse(name).expect("the role's name is well formed")
}

fn job_role(job: usize) -> RoleId {
    role_named(&format!("job-{job}"))
}

fn service(place: usize, tools: usize, draw: &mut Draw) -> Service {
    let id = IntegrationId::from_random(draw.bytes());
    Service {
        id,
        slug: format!("{}-{place:03}", tools::SERVICES[place % tools::SERVICES.len()]),
        tools: tool_names(tools, draw),
    }
}

/// An integration with its tools, as it is connected.
pub(crate) fn connected(service: &Service, url: &str) -> [Event; 2] {
    let integration = Integration {
        id: service.id,
        slug: Slug::parse(&service.slug).expect("the slug is well formed"),
        title: service.slug.clone(),
        purpose: "measured".to_owned(),
        url: url.to_owned(),
        credential: CredentialKind::None,
        paused: false,
        tools: std::collections::BTreeMap::new(),
        found: std::collections::BTreeMap::new(),
    };
    let tools = service.tools.iter().map(|(name, class)| DiscoveredTool {
        name: name.clone(),
        definition: tools::definition(name, *class).into(),
        class: *class,
        suggested: *class,
        evidence: Vec::new(),
    });
    let tools = tools.collect();
    [Event::IntegrationConnected(Box::new(integration)), Event::ToolsApproved { integration: service.id, tools }]
}

fn distinct(draw: &mut Draw, many: usize, of: usize) -> Vec<usize> {
    let mut chosen = BTreeSet::new();
    while chosen.len() < many.min(of) {
        chosen.insert(draw.below(of));
    }
    chosen.into_iter().collect()
}
