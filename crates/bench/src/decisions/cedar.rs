//! Cedar as a contestant, in the forms that suit it. Its requests are made before anything is timed.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use domain::grant::Profile;
use domain::integration::ToolClass;

use super::questions::{Asked, Questions};
use crate::Fault;
use crate::company::{Company, Member};
use crate::stopwatch::Contestant;

/// What Cedar knows, and the requests it is asked.
pub(crate) struct Cedar {
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
    /// Questions timed together, and batches of a round: fewer where one takes long.
    pace: (usize, usize),
}

impl Cedar {
    /// Two policies; who may call what is held in groups, one for each integration and profile, one in the other.
    pub(crate) fn from_entities(company: &Company, questions: &Questions) -> Result<Cedar, Fault> {
        let policies = r#"
            permit(principal in Role::"uses-everything", action == Action::"call", resource);
            permit(principal, action == Action::"call", resource)
                when { principal in resource.callers } unless { principal.off.contains(resource) };
        "#;
        let mut entities = groups(company)?;
        for member in &company.members {
            let off = member
                .given
                .iter()
                .flat_map(|given| given.off.iter().map(move |tool| tool_uid(company, given.integration, *tool)));
            let off = off.map(|tool| tool.map(RestrictedExpression::new_entity_uid)).collect::<Result<Vec<_>, _>>()?;
            let attributes = HashMap::from([("off".to_owned(), RestrictedExpression::new_set(off))]);
            entities.push(entity(user(member)?, attributes, member_groups(company, member)?)?);
        }
        for (place, service) in company.services.iter().enumerate() {
            for (tool, (_, class)) in service.tools.iter().enumerate() {
                let callers = group(&service.slug, smallest(*class))?;
                let attributes = HashMap::from([("callers".to_owned(), RestrictedExpression::new_entity_uid(callers))]);
                entities.push(entity(tool_uid(company, place, tool)?, attributes, HashSet::new())?);
            }
        }
        let call = uid("Action", "call")?;
        let request = |asked: Asked| {
            request(user(&company.members[asked.member])?, call.clone(), tool_uid(company, asked.service, asked.tool)?)
        };
        Cedar::new(policies, entities, questions.asked.iter().map(|asked| request(*asked)), (8, 512))
    }

    /// One permit for each integration that comes with a job.
    pub(crate) fn from_job_rules(company: &Company, questions: &Questions, rules: usize) -> Result<Cedar, Fault> {
        let mut policies = String::new();
        for (job, services) in company.jobs.iter().enumerate() {
            for service in services {
                let slug = &company.services[*service].slug;
                let _ = writeln!(
                    policies,
                    "permit(principal in Job::\"{job}\", action == Action::\"call\", resource in Integration::\"{slug}\");"
                );
            }
        }
        let mut entities = Vec::new();
        for member in company.members.iter().filter(|member| !member.uses_everything) {
            let parents = HashSet::from([uid("Job", &member.job.to_string())?]);
            entities.push(entity(user(member)?, HashMap::new(), parents)?);
        }
        for (place, service) in company.services.iter().enumerate() {
            for tool in 0..service.tools.len() {
                let parents = HashSet::from([uid("Integration", &service.slug)?]);
                entities.push(entity(tool_uid(company, place, tool)?, HashMap::new(), parents)?);
            }
        }
        let call = uid("Action", "call")?;
        let request = |asked: &Asked| {
            request(user(&company.members[asked.member])?, call.clone(), tool_uid(company, asked.service, asked.tool)?)
        };
        let pace = (1, (100_000 / rules).clamp(20, 500));
        Cedar::new(&policies, entities, questions.asked.iter().map(request), pace)
    }

    pub(super) fn new(
        policies: &str,
        entities: Vec<Entity>,
        requests: impl Iterator<Item = Result<Request, Fault>>,
        pace: (usize, usize),
    ) -> Result<Cedar, Fault> {
        Ok(Cedar {
            policies: policies.parse().map_err(|error| Fault::of("Cedar's policies", &error))?,
            entities: Entities::from_entities(entities, None).map_err(|error| Fault::of("Cedar's entities", &error))?,
            requests: requests.collect::<Result<_, _>>()?,
            pace,
        })
    }

    pub(crate) fn contestant(&self, name: &str) -> Contestant<'_> {
        let authorizer = Authorizer::new();
        let answer = move |range: std::ops::Range<usize>| {
            let allowed = |request: &&Request| {
                authorizer.is_authorized(request, &self.policies, &self.entities).decision() == Decision::Allow
            };
            self.requests[range].iter().filter(allowed).count()
        };
        Contestant { name: name.to_owned(), batch: self.pace.0, batches: self.pace.1, answer: Box::new(answer) }
    }
}

/// For each integration three groups, the larger right inside the smaller.
fn groups(company: &Company) -> Result<Vec<Entity>, Fault> {
    let mut entities = Vec::new();
    for service in &company.services {
        let [read, write, all] = [
            group(&service.slug, Profile::ReadOnly)?,
            group(&service.slug, Profile::NoDelete)?,
            group(&service.slug, Profile::Full)?,
        ];
        entities.push(entity(all, HashMap::new(), HashSet::from([write.clone()]))?);
        entities.push(entity(write, HashMap::new(), HashSet::from([read.clone()]))?);
        entities.push(entity(read, HashMap::new(), HashSet::new())?);
    }
    Ok(entities)
}

fn member_groups(company: &Company, member: &Member) -> Result<HashSet<EntityUid>, Fault> {
    let role = member.uses_everything.then(|| uid("Role", "uses-everything"));
    let given = member.given.iter().map(|given| group(&company.services[given.integration].slug, given.profile));
    role.into_iter().chain(given).collect()
}

/// The smallest profile that lets a class through.
fn smallest(class: ToolClass) -> Profile {
    Profile::ALL.into_iter().find(|profile| profile.admits(class)).unwrap_or(Profile::Full)
}

fn group(slug: &str, profile: Profile) -> Result<EntityUid, Fault> {
    uid("UserGroup", &format!("{slug}/{profile}"))
}

pub(super) fn user(member: &Member) -> Result<EntityUid, Fault> {
    uid("User", member.person.as_str())
}

fn tool_uid(company: &Company, service: usize, tool: usize) -> Result<EntityUid, Fault> {
    let service = &company.services[service];
    uid("Tool", &format!("{}/{}", service.slug, service.tools[tool].0))
}

pub(super) fn uid(kind: &str, id: &str) -> Result<EntityUid, Fault> {
    let kind: EntityTypeName = kind.parse().map_err(|error| Fault::of("a type of Cedar's", &error))?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

pub(super) fn entity(
    uid: EntityUid,
    attributes: HashMap<String, RestrictedExpression>,
    parents: HashSet<EntityUid>,
) -> Result<Entity, Fault> {
    Entity::new(uid, attributes, parents).map_err(|error| Fault::of("an entity of Cedar's", &error))
}

pub(super) fn request(principal: EntityUid, action: EntityUid, resource: EntityUid) -> Result<Request, Fault> {
    Request::new(principal, action, resource, Context::empty(), None)
        .map_err(|error| Fault::of("a request of Cedar's", &error))
}
