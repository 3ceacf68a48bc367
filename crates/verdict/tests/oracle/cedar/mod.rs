//! The third opinion: Cedar, another engine, over what `verdict::cedar` exports of the organization.
//!
//! Here Cedar is set up and asked, with what is exported as of the moment of each question; `requests` says our questions
//! in Cedar's words.

mod requests;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::OnceLock;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Effect, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicyId, PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use domain::id::PersonId;
use domain::organization::Organization;
use domain::time::Timestamp;
use verdict::cedar::{CedarEntity, CedarExport, CedarUid, CedarValue, NAMESPACE, export};
use verdict::{Action, Actor, Credential, Subject};

use crate::world::hexadecimal;
use requests::{Asked, asked};

/// Cedar, set up with one organization.
pub(crate) struct Cedar<'o> {
    state: &'o Organization,
    schema: Schema,
    /// As they stand in the export, and as Cedar reads them.
    policies: (String, PolicySet),
    as_of: RefCell<BTreeMap<Timestamp, AsOf>>,
}

/// The entities as of a moment.
#[derive(Clone)]
struct AsOf {
    exported: Rc<Vec<CedarEntity>>,
    entities: Rc<Entities>,
}

/// Policies without the line that says as of which moment they are.
fn but_for_the_moment(policies: &str) -> &str {
    policies.split_once('\n').unwrap().1
}

/// What Cedar answered, and by which policies.
#[derive(Debug)]
pub(crate) struct CedarAnswer {
    pub(crate) allowed: bool,
    pub(crate) by: Vec<String>,
    pub(crate) faults: Vec<String>,
}

/// An entity's name in Cedar's own type.
fn uid(kind: &str, id: &str) -> EntityUid {
    static KINDS: OnceLock<std::sync::Mutex<HashMap<String, EntityTypeName>>> = OnceLock::new();
    let mut kinds = KINDS.get_or_init(Default::default).lock().unwrap();
    let name = kinds.entry(kind.to_owned()).or_insert_with(|| format!("{NAMESPACE}::{kind}").parse().unwrap());
    EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id))
}

fn expression(value: &CedarValue) -> RestrictedExpression {
    match value {
        CedarValue::Bool(value) => RestrictedExpression::new_bool(*value),
        CedarValue::Long(value) => RestrictedExpression::new_long(*value),
        CedarValue::Text(value) => RestrictedExpression::new_string(value.clone()),
        CedarValue::Entity(named) => RestrictedExpression::new_entity_uid(uid(named.kind, &named.id)),
        CedarValue::Set(values) => RestrictedExpression::new_set(values.iter().map(expression)),
        CedarValue::Record(values) => record(values.iter().map(|(name, value)| (*name, expression(value)))),
    }
}

fn record<'n>(values: impl IntoIterator<Item = (&'n str, RestrictedExpression)>) -> RestrictedExpression {
    RestrictedExpression::new_record(values.into_iter().map(|(name, value)| (name.to_owned(), value))).unwrap()
}

fn entity(of: &CedarEntity) -> Entity {
    let named = |of: &CedarUid| uid(of.kind, &of.id);
    let attrs = of.attrs.iter().map(|(name, value)| ((*name).to_owned(), expression(value)));
    let tags = of.tags.iter().map(|(name, value)| (name.clone(), expression(value)));
    let parents: HashSet<EntityUid> = of.parents.iter().map(named).collect();
    Entity::new_with_tags(named(&of.uid), attrs, parents, tags).unwrap()
}

impl<'o> Cedar<'o> {
    /// Cedar's validator accepts the policies in strict mode, without a warning.
    pub(crate) fn is_valid(&self) {
        let result = Validator::new(self.schema.clone()).validate(&self.policies.1, ValidationMode::Strict);
        let faults = result.validation_errors().map(ToString::to_string);
        let faults: Vec<String> = faults.chain(result.validation_warnings().map(ToString::to_string)).collect();
        assert!(faults.is_empty(), "Cedar's validator does not accept the policies:\n{}", faults.join("\n"));
    }

    /// Cedar with what is exported of an organization.
    pub(crate) fn of(state: &'o Organization) -> Cedar<'o> {
        let export = export(state, Timestamp(0));
        let (schema, warnings) =
            Schema::from_cedarschema_str(&export.schema).unwrap_or_else(|fault| panic!("{fault:?}"));
        assert_eq!(warnings.map(|warning| warning.to_string()).collect::<Vec<_>>(), [""; 0]);
        let policies: PolicySet = export.policies.parse().unwrap_or_else(|fault| panic!("{fault:?}"));
        Cedar { state, schema, policies: (export.policies, policies), as_of: RefCell::default() }
    }

    /// The entities as of a moment; those that are not as the schema has them are refused. Policies are the same at every
    /// moment.
    fn entities(&self, now: Timestamp) -> Rc<Entities> {
        if let Some(known) = self.as_of.borrow().get(&now) {
            return Rc::clone(&known.entities);
        }
        let CedarExport { as_of, policies, entities: exported, .. } = export(self.state, now);
        assert_eq!(as_of, now);
        assert_eq!(but_for_the_moment(&policies), but_for_the_moment(&self.policies.0));
        let same = self.as_of.borrow().values().find(|known| *known.exported == exported).cloned();
        let found = same.unwrap_or_else(|| {
            let entities = Entities::from_entities(exported.iter().map(entity), Some(&self.schema));
            let entities = entities.unwrap_or_else(|fault| panic!("{fault:?}"));
            AsOf { exported: Rc::new(exported), entities: Rc::new(entities) }
        });
        self.as_of.borrow_mut().insert(now, found.clone());
        found.entities
    }

    /// What Cedar says of the same question.
    pub(crate) fn ask(&self, actor: &Actor, action: Action<'_>, now: Timestamp) -> CedarAnswer {
        let asked = asked(self.state, action);
        // First whether the person may for whom an agent acts; that answer is part of the question about the agent.
        let person = actor.acting_for.map(|person| {
            let about = Actor::about(Subject::Member(person));
            (person, self.answer(&about, None, &asked, now).allowed)
        });
        self.answer(actor, person, &asked, now)
    }

    fn answer(
        &self,
        actor: &Actor,
        acting_for: Option<(PersonId, bool)>,
        asked: &Asked,
        now: Timestamp,
    ) -> CedarAnswer {
        let member = |person: PersonId| RestrictedExpression::new_entity_uid(uid("Member", person.as_str()));
        let mut context: BTreeMap<&str, RestrictedExpression> = asked.besides.iter().cloned().collect();
        context.insert("now", RestrictedExpression::new_long(now.0));
        if let Some(Credential::Key { key, digest }) = actor.credential {
            // The secret is compared before Cedar is asked: another one is none of the keys that there are.
            let known = self.state.keys.get(&key);
            let right = known.is_none_or(|known| known.digest == hexadecimal(digest));
            let id = if right { key.to_string() } else { "another secret".to_owned() };
            context.insert("key", RestrictedExpression::new_entity_uid(uid("Key", &id)));
        }
        if let (Some(Credential::Client(proof)), "tool.call") = (actor.credential, asked.action) {
            // Nor what it presented, which ends by itself: nothing in the organization says when.
            let id =
                if now < proof.ends_at { proof.client.to_string() } else { "of a token that has ended".to_owned() };
            context.insert("client", RestrictedExpression::new_entity_uid(uid("Client", &id)));
        }
        if let Some((person, may)) = acting_for {
            let acting_for = [("person", member(person)), ("may", RestrictedExpression::new_bool(may))];
            context.insert("acting_for", record(acting_for));
        }
        let context = Context::from_pairs(context.into_iter().map(|(name, value)| (name.to_owned(), value))).unwrap();
        let principal = match actor.subject {
            Subject::Member(person) => uid("Member", person.as_str()),
            Subject::Key(key) => uid("Key", key.as_str()),
            Subject::Agent(agent) => uid("Agent", agent.as_str()),
        };
        let (kind, id) = &asked.resource;
        let request = Request::new(principal, uid("Action", asked.action), uid(kind, id), context, Some(&self.schema));
        self.decide(&request.unwrap_or_else(|fault| panic!("not a question by the schema: {fault:?}")), now)
    }

    fn decide(&self, request: &Request, now: Timestamp) -> CedarAnswer {
        let response = Authorizer::new().is_authorized(request, &self.policies.1, &self.entities(now));
        let name = |id: &PolicyId| {
            let policy = self.policies.1.policy(id).unwrap();
            format!("{} {}", policy.effect(), policy.annotation("id").unwrap_or("without a name"))
        };
        let errors = response.diagnostics().errors();
        let faults = errors.map(|AuthorizationError::PolicyEvaluationError(fault)| {
            let policy = self.policies.1.policy(fault.policy_id()).unwrap();
            // Cedar passes over a policy that it cannot evaluate: where it forbids, that would let everything through.
            assert_eq!(policy.effect(), Effect::Permit, "{} cannot be evaluated: {fault}", name(fault.policy_id()));
            format!("{}: {}", name(fault.policy_id()), fault.inner())
        });
        CedarAnswer {
            allowed: response.decision() == Decision::Allow,
            faults: faults.collect(),
            by: response.diagnostics().reason().map(name).collect(),
        }
    }

    /// The entities as of a moment, as Cedar itself writes them.
    pub(crate) fn entities_json(&self, now: Timestamp) -> serde_json::Value {
        self.entities(now).to_json_value().unwrap()
    }
}
