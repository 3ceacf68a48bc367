//! An organization's permission model in Cedar's words: policies, entities and a schema, so that somebody else's
//! engine can answer what Wardroom answers, and be compared with it.
//!
//! Written from the plain state and never from the compiled snapshot, so that a mistake in the one is not repeated in
//! the other. The policies that hold for everybody (`rules`) are the same for every organization; the entities say who
//! and what there is; each grant is a policy of its own (`grants`). It names everything by ids and short names and
//! holds nothing secret. Only answers are given, yes or no: why, and what is hidden from whom, is not in it.
//!
//! Start reading at [`export`], then `schema` and `rules`.

mod beside;
mod clients;
mod entities;
mod grants;
mod key_rules;
mod phrases;
mod powers;
mod records;
mod resource_rules;
mod rules;
mod schema;
mod team_rules;
mod values;

use domain::organization::Organization;
use domain::time::Timestamp;
pub use values::{CedarEntity, CedarUid, CedarValue};

/// The namespace of all types and actions, and the start of their names.
pub const NAMESPACE: &str = "Wardroom";
/// The id of the one entity of the type `Organization`.
pub const ORGANIZATION: &str = "this";
/// The role of those who have none: it holds nothing. No real role is called so.
pub const NO_ROLE: &str = "(none)";

/// An organization in Cedar's words.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CedarExport {
    /// The moment as of which it is: roles beside one's own that end later are in it, those that have ended are not.
    pub as_of: Timestamp,
    /// The policies, as text.
    pub policies: String,
    /// The schema, as text; policies and entities are valid by it in Cedar's strict mode.
    pub schema: String,
    /// The entities, in the form of Cedar's JSON.
    pub entities: Vec<CedarEntity>,
}

/// Says an organization in Cedar's words, as of a moment.
#[must_use]
pub fn export(state: &Organization, now: Timestamp) -> CedarExport {
    let rules = rules::policies().into_iter().chain(grants::all(state));
    let mut policies = format!("// As of {}, in milliseconds since 1970.\n//\n{HEAD}", now.0);
    rules.for_each(|policy| policies.push_str(&policy.text()));
    CedarExport { as_of: now, policies, schema: schema::text(), entities: entities::all(state, now) }
}

const HEAD: &str = "\
// Who may do what in this organization, as Wardroom decides it.
//
// A question names who asks (Member, Key or Agent), the action, what it is done to, and in its context
// - now: the moment, in milliseconds since 1970; ends of grants, shares, delegations, agents and keys are compared with it
// - key: the key that was presented, where one was. That its secret is right is checked before; secrets are not in here
// - client: for a call of a tool, the connected client that makes it, where one does. Until when what it presented is good is
//   checked before
// - acting_for: where an agent acts for a person, that person, and whether they may do it themselves: ask that first,
//   with the person as principal and without a key. An agent never does more than both may
// - what else the schema says for the action, such as the role that is given
// What there is not is not among the entities; to ask about it is to be denied.
//
// Roles that members have beside their own are in here as of the moment above: those that end later still count when a
// later moment is asked about. Export it anew to ask about that.
//
// Not in here: who decides an access request, which is whoever could make every change that it would take, so ask about
// each; why something is denied and whether it is hidden; what is refused to everybody, such as to remove the
// last holder of the top role; how much somebody may do, and what their calls may contain.
";
