//! The shapes of the three workloads of Cedar's paper, made anew: shared documents, repositories, lists of tasks.
//!
//! What is asked of Wardroom is whether somebody may call a tool of an integration: a tool stands for what can be done
//! with a repository or a list, and with a document in a folder. Fifty of everything, as in the paper's largest runs.

use std::collections::{BTreeMap, BTreeSet};

use domain::command::{self, Command};
use domain::event::Event;
use domain::grant::{Grantee, Profile};
use domain::id::{IntegrationId, KeyId, OrgId, PersonId, TeamId};
use domain::integration::ToolClass;
use domain::organization::{GrantsTo, Organization, SettingChange};

use crate::company::{Company, Given, Member, NOW, Service, connected, preset, role_named};
use crate::draw::Draw;

/// People, groups, and things.
pub(crate) const MANY: usize = 50;
/// Groups that a person is in at most.
const GROUPS_MAX: usize = 5;
/// People and groups that hold something of a thing, in each measure.
const HOLDERS: usize = 2;
/// Documents in a folder.
pub(crate) const DOCUMENTS: usize = 4;

/// To whom something is given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    User(usize),
    Group(usize),
}

/// Who holds what, apart from any engine.
pub(crate) struct Shape {
    /// For each person the groups that they are in.
    pub(crate) groups_of: Vec<BTreeSet<usize>>,
    /// Who holds a thing as a whole, and in which measure.
    pub(crate) held: Vec<(Who, usize, Profile)>,
    /// Who may look at a document, by its folder and number.
    pub(crate) shown: Vec<(Who, usize, usize)>,
    /// Whose a document is, by its folder and number.
    pub(crate) owned: Vec<(usize, usize, usize)>,
    pub(crate) company: Company,
}

impl Shape {
    /// Lists: each somebody's, with people and groups that read and that edit.
    pub(crate) fn tinytodo() -> Shape {
        let tools = [("GetList", ToolClass::Read), ("UpdateTask", ToolClass::Write), ("DeleteList", ToolClass::Delete)];
        let mut shape = Shape::empty(&tools.map(|(name, class)| (name.to_owned(), class)), 21);
        let draw = &mut Draw::new(22);
        for thing in 0..MANY {
            shape.held.push((Who::User(draw.below(MANY)), thing, Profile::Full));
            shape.hold(thing, &[Profile::ReadOnly, Profile::NoDelete], draw);
        }
        shape.found()
    }

    /// Repositories: people and teams read, write or administrate.
    pub(crate) fn github() -> Shape {
        let tools = [("pull", ToolClass::Read), ("push", ToolClass::Write), ("delete", ToolClass::Delete)];
        let mut shape = Shape::empty(&tools.map(|(name, class)| (name.to_owned(), class)), 23);
        let draw = &mut Draw::new(24);
        for thing in 0..MANY {
            shape.hold(thing, &Profile::ALL, draw);
        }
        shape.found()
    }

    /// Documents in folders: each somebody's; folders and documents are shown to people and groups.
    pub(crate) fn gdrive() -> Shape {
        let tools = (0..DOCUMENTS).flat_map(|document| {
            [(format!("read-{document}"), ToolClass::Read), (format!("write-{document}"), ToolClass::Write)]
        });
        let mut shape = Shape::empty(&tools.collect::<Vec<_>>(), 25);
        let draw = &mut Draw::new(26);
        for folder in 0..MANY {
            shape.hold(folder, &[Profile::ReadOnly], draw);
            for document in 0..DOCUMENTS {
                shape.owned.push((draw.below(MANY), folder, document));
                shape.shown.push((Who::User(draw.below(MANY)), folder, document));
                shape.shown.push((Who::Group(draw.below(MANY)), folder, document));
            }
        }
        shape.found()
    }

    fn empty(tools: &[(String, ToolClass)], seed: u64) -> Shape {
        let draw = &mut Draw::new(seed);
        let service = |thing| {
            let id = IntegrationId::from_random(draw.bytes());
            Service { id, slug: format!("thing-{thing:02}"), tools: tools.to_vec() }
        };
        let services = (0..MANY).map(service).collect();
        let member = |_| {
            let (person, key) = (PersonId::from_random(draw.bytes()), KeyId::from_random(draw.bytes()));
            Member { person, key, digest: draw.bytes(), uses_everything: false, job: 0, given: Vec::new() }
        };
        let members = (0..MANY).map(member).collect();
        let groups = |_| (0..1 + draw.below(GROUPS_MAX)).map(|_| draw.below(MANY)).collect();
        let groups_of = (0..MANY).map(groups).collect();
        let org = OrgId::from_random(draw.bytes());
        let company = Company { org, members, services, jobs: Vec::new(), events: Vec::new() };
        Shape { groups_of, held: Vec::new(), shown: Vec::new(), owned: Vec::new(), company }
    }

    fn hold(&mut self, thing: usize, measures: &[Profile], draw: &mut Draw) {
        for profile in measures {
            for _ in 0..HOLDERS {
                self.held.push((Who::User(draw.below(MANY)), thing, *profile));
                self.held.push((Who::Group(draw.below(MANY)), thing, *profile));
            }
        }
    }

    /// For everybody and everything, the places of the tools that are open to them.
    fn open(&self) -> BTreeMap<(Who, usize), BTreeSet<usize>> {
        let mut open = BTreeMap::<(Who, usize), BTreeSet<usize>>::new();
        for (who, thing, profile) in &self.held {
            let tools = self.company.services[*thing].tools.iter().enumerate();
            let admitted = tools.filter(|(_, (_, class))| profile.admits(*class)).map(|(place, _)| place);
            open.entry((*who, *thing)).or_default().extend(admitted);
        }
        for (who, folder, document) in &self.shown {
            open.entry((*who, *folder)).or_default().insert(document * 2);
        }
        for (user, folder, document) in &self.owned {
            open.entry((Who::User(*user), *folder)).or_default().extend([document * 2, document * 2 + 1]);
        }
        open
    }

    /// Writes the events, and what each person has, which questions are drawn by.
    fn found(mut self) -> Shape {
        let draw = &mut Draw::new(27);
        let owner = PersonId::from_random(draw.bytes());
        let found = Command::CreateOrganization { name: "Measured".to_owned(), preset: Box::new(preset()), owner };
        let mut events = command::handle(&Organization::new(), found, NOW).expect("the preset makes an organization");
        events.push(Event::SettingChanged(SettingChange::GrantsTo(BTreeSet::from(GrantsTo::ALL))));
        let company = &self.company;
        events.extend(company.services.iter().flat_map(|service| connected(service, "https://upstream.example/mcp")));
        let teams: Vec<TeamId> = (0..MANY).map(|_| TeamId::from_random(draw.bytes())).collect();
        let team =
            |(group, team): (usize, &TeamId)| Event::TeamCreated { team: *team, title: format!("Group {group}") };
        events.extend(teams.iter().enumerate().map(team));
        let role = role_named("member");
        for (member, groups) in company.members.iter().zip(&self.groups_of) {
            let person = member.person;
            events.push(Event::MemberAdded { person, role });
            events.extend(groups.iter().map(|group| Event::TeamMemberSet { team: teams[*group], person, role }));
        }
        let open = self.open();
        for ((who, thing), tools) in &open {
            let grantee = match who {
                Who::User(user) => Grantee::Member(company.members[*user].person),
                Who::Group(group) => Grantee::Team(teams[*group]),
            };
            events.push(given(grantee, &company.services[*thing], tools));
        }
        for (user, groups) in self.groups_of.iter().enumerate() {
            let whose = |who: &Who| match who {
                Who::User(other) => *other == user,
                Who::Group(group) => groups.contains(group),
            };
            let things: BTreeSet<usize> = open.keys().filter(|(who, _)| whose(who)).map(|(_, thing)| *thing).collect();
            let given = |integration| Given { integration, profile: Profile::Full, off: BTreeSet::new() };
            self.company.members[user].given = things.into_iter().map(given).collect();
        }
        self.company.events = events;
        self
    }
}

/// The smallest profile that reaches these tools, without those that it reaches besides.
fn given(grantee: Grantee, service: &Service, open: &BTreeSet<usize>) -> Event {
    let fits = |profile: &Profile| open.iter().all(|tool| profile.admits(service.tools[*tool].1));
    let profile = Profile::ALL.into_iter().find(fits).unwrap_or(Profile::Full);
    let tools = service.tools.iter().enumerate();
    let besides = tools.filter(|(place, (_, class))| profile.admits(*class) && !open.contains(place));
    let tools_off = besides.map(|(_, (name, _))| name.clone()).collect();
    Event::GrantSet { grantee, integration: service.id, profile, tools_off, expires_at: None }
}
